"""The pages, in a real browser that reaches nothing but this machine."""

import os
import shutil
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

ALONE = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
HEADLINE = "Islamist Group Says It Staged Kazakh Blasts"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; without it a developer goes on, a check before release does not."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        missing = "the pages are tested in Chromium, which is not installed"
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=ALONE)
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser, base_url: str) -> Iterator[Page]:
    """A page on the service; whatever a test does there, nothing else is asked and nothing complains."""
    opened = browser.new_page(base_url=base_url)
    hosts: set[str] = set()
    complaints: list[str] = []
    opened.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    opened.close()
    assert hosts == {urlsplit(base_url).netloc}
    assert complaints == []


def test_docs_lists_every_operation(page: Page, client: httpx.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    page.goto("/docs")
    expect(page.locator(".opblock")).to_have_count(sum(len(operations) for operations in paths.values()))


def test_docs_tries_out_the_seed_article(page: Page) -> None:
    page.goto("/docs")
    operation = page.locator("#operations-articles-get_article")
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Execute").click()
    answer = operation.locator(".live-responses-table .response")
    expect(answer.locator(".response-col_status")).to_have_text("200")
    expect(answer.locator(".response-col_description")).to_contain_text(HEADLINE)


def test_docs_sends_the_key_that_it_is_given(page: Page) -> None:
    page.goto("/docs")
    page.get_by_role("button", name="Authorize").first.click()
    page.get_by_label("auth-bearer-value").fill("dateline_nobody")
    page.get_by_role("button", name="Apply credentials").click()
    page.get_by_role("button", name="Close").last.click()
    operation = page.locator("#operations-articles-get_article")
    operation.locator(".opblock-summary-control").click()
    page.route("**/articles/*", lambda route: route.fulfill(json={}))  # which would be refused
    with page.expect_request("**/articles/*") as asked:
        operation.get_by_role("button", name="Execute").click()
    assert asked.value.headers["authorization"] == "Bearer dateline_nobody"


def test_start_page_says_where_to_go(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Dateline")
    page.get_by_role("link", name="/docs").click()
    expect(page.get_by_text("GET").first).to_be_visible()


def test_every_link_of_the_start_page_answers(page: Page, client: httpx.Client) -> None:
    page.goto("/")
    targets = [link.get_attribute("href") or "" for link in page.get_by_role("link").all()]
    assert len(targets) > 8
    assert {target: client.get(target).status_code for target in targets} == dict.fromkeys(targets, 200)


def search(page: Page, words: str) -> Page:
    page.goto("/")
    page.get_by_role("searchbox").fill(words)
    page.keyboard.press("Enter")
    return page


def test_search_shows_articles_quotes_and_names(page: Page) -> None:
    search(page, "Atyrau")
    expect(page.get_by_role("article")).to_contain_text(HEADLINE)
    expect(page.locator("mark").first).to_have_text("Atyrau")
    expect(page.get_by_role("blockquote")).to_contain_text("Linsi Crain")
    expect(page.get_by_role("heading", name="Names")).to_be_visible()


def test_search_shows_the_chain_of_sources(page: Page) -> None:
    search(page, '"last breath"')
    expect(page.get_by_role("link", name="Bolat Daukenov, by way of Novosti-Kazakhstan")).to_be_visible()


def test_search_is_kept_in_the_history(page: Page) -> None:
    search(page, '"oil field"')
    expect(page.get_by_role("article")).to_be_visible()
    page.reload()
    expect(page.get_by_role("searchbox")).to_have_value('"oil field"')
    expect(page.locator("mark")).to_have_text("oil field")


def test_search_that_finds_nothing_says_so(page: Page) -> None:
    expect(search(page, "Timbuktu").get_by_text("Nothing has these words.")).to_be_visible()


def test_start_page_fits_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 640})
    search(page, "Atyrau")
    expect(page.get_by_role("article")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("accept", ["*/*", "application/json"])
def test_a_program_gets_an_index_that_leads_on(client: httpx.Client, accept: str) -> None:
    links = client.get("/", headers={"Accept": accept}).json()["links"]
    asked = {name: client.get(path.replace("{q}", "Atyrau")) for name, path in links.items()}
    assert {name: answer.status_code for name, answer in asked.items()} == dict.fromkeys(asked, 200)


def test_one_address_two_answers_is_told_to_caches(client: httpx.Client) -> None:
    page = client.get("/", headers={"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"})
    assert page.headers["Content-Type"].startswith("text/html")
    assert page.headers["Vary"] == client.get("/").headers["Vary"] == "Accept"
