"""Chromium over the pages of spfweb, for t/web/browser_test.sh.

browser.py text URL FILE              prints the text of a page; its picture goes to FILE
browser.py wizard URL DOMAIN HOST     fills in the wizard's form by keyboard; prints the lines for the zone
browser.py pages ORIGIN TOKEN FOLDER  checks every page; pictures go to FOLDER. AXE: the file axe.min.js of axe-core, or empty
"""
import base64
import itertools
import json
import os
import sys
import urllib.parse

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

WIDTHS = (360, 1280)
SCHEMES = ("light", "dark")


class Browser:
    """One Chromium that reaches this machine only, and records its console and its requests."""

    def __init__(self):
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                     "--disable-background-networking", "--disable-component-update", "--ignore-certificate-errors",
                     "--host-resolver-rules=MAP mx.lab.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"):
            options.add_argument(word)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        self.networks = itertools.count(1)

    def cdp(self, command, **arguments):
        return self.driver.execute_cdp_cmd(command, arguments)

    def look(self, width, scheme="light", script=True):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 600)
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.cdp("Emulation.setScriptExecutionDisabled", value=not script)

    def open(self, url):
        """Opens a page as a visitor of a network of its own, so that the bounds on look-ups are not reached."""
        number = next(self.networks)
        self.cdp("Network.enable")
        self.cdp("Network.setExtraHTTPHeaders", headers={"X-Forwarded-For": f"11.{number // 250}.{number % 250}.1"})
        self.complaints()
        self.driver.get(url)

    def js(self, code, *arguments):
        return self.driver.execute_script(code, *arguments)

    def submit(self, field):
        """Sends the form of a field by the key Enter. Chromium may leave the page a moment after it has handled the key."""
        before = self.driver.current_url
        field.send_keys(Keys.ENTER)
        WebDriverWait(self.driver, 60).until(lambda driver: driver.current_url != before)

    def complaints(self):
        """Returns messages of the console, and requests to elsewhere, since the last call."""
        found = [entry["message"] for entry in self.driver.get_log("browser")]
        origin = urllib.parse.urlsplit(self.driver.current_url)
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                url = urllib.parse.urlsplit(message["params"]["request"]["url"])
                if url.scheme in ("http", "https", "ws", "wss") and url.netloc != origin.netloc:
                    found.append("request to " + url.geturl())
            elif message["method"] == "Page.javascriptDialogOpening":
                found.append("a dialog")
        return found

    def picture(self, path):
        size = self.cdp("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 6000), "scale": 1}
        shot = self.cdp("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))


def text(url, path):
    browser = Browser()
    browser.look(1280)
    browser.driver.get(url)
    print(browser.driver.find_element(By.TAG_NAME, "main").text)
    browser.picture(path)
    for complaint in browser.complaints():
        print("COMPLAINT", complaint)
    browser.driver.quit()


def wizard(url, domain, host):
    browser = Browser()
    browser.look(360)
    browser.driver.get(url)
    browser.js("document.querySelector('[name=domain]').focus()")
    keys = browser.driver.switch_to.active_element
    keys.send_keys(domain)
    browser.js("document.querySelector('[name=host]').focus()")
    browser.driver.switch_to.active_element.send_keys(host)
    strict = browser.driver.find_element(By.CSS_SELECTOR, "input[name=all][value=fail]")
    browser.js("document.querySelector('input[name=all]').focus()")
    browser.driver.switch_to.active_element.send_keys(Keys.ARROW_DOWN)
    assert strict.is_selected()
    browser.submit(browser.driver.switch_to.active_element)
    for block in browser.driver.find_elements(By.TAG_NAME, "pre"):
        if " IN TXT " in block.text:
            print(block.text)
    for complaint in browser.complaints():
        print("COMPLAINT", complaint)
    browser.driver.quit()


# ---- all pages -----------------------------------------------------------------------------------------------------------

def check(what, found):
    """Prints one line; `found` is empty if all is well."""
    print(f"FAIL  {what}: {str(found)[:2000]!r}" if found else "ok    " + what, flush=True)


HOSTILE = ("\"><script>document.title='evil'</script><img src=x onerror=\"document.title='evil'\">",
           "' autofocus onfocus='document.title=1", "</title></textarea></pre><b id=evil>", "a\0b", "\u202egnp.exe", "{0}{1}",
           "javascript:document.title='evil'", "x" * 4000)
FIELDS = ("/why?ip=192.0.2.1&sender=", "/why?sender=a@open.test&ip=", "/why?sender=a@open.test&ip=192.0.2.1&helo=",
          "/why?id=x&s=", "/why/", "/check?domain=", "/check?domain=open.test&ip=", "/check?domain=open.test&lang=",
          "/wizard?domain=", "/wizard?domain=open.test&made=1&net=", "/wizard?domain=open.test&made=1&host=",
          "/wizard?domain=open.test&made=1&include=", "/wizard?domain=open.test&made=1&by=", "/?x=", "/")
OUR_ELEMENTS = """
const allowed = new Set(("html head meta title link script body header a nav ul li main h1 h2 h3 h4 p div section form label "
  + "input button fieldset legend pre code bdi span strong details summary table tbody tr th td ol br blockquote footer")
  .split(" "));
const bad = [...document.querySelectorAll("*")].filter((e) => !allowed.has(e.localName) ||
  [...e.attributes].some((a) => a.name.startsWith("on") || a.name === "style" || a.name === "autofocus"));
const links = [...document.querySelectorAll("[href],[src],[action]")].map((e) => e.href || e.src || e.action)
  .filter((url) => new URL(url).origin !== location.origin);
return [...bad.map((e) => e.outerHTML), ...links, ...(document.scripts.length === 1 ? [] : ["scripts"]),
  ...(document.title.includes("SPF") ? [] : [document.title])];
"""


NAMELESS = """
const fields = [...document.querySelectorAll("input:not([type=hidden])")];
const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
return [...fields.filter((e) => e.labels.length !== 1 || !e.labels[0].innerText.trim()).map((e) => e.outerHTML),
  ...ids.filter((id, i) => ids.indexOf(id) !== i)];
"""


def expected(complaints, url, status):
    """Drops the console's message about the status of a page that is meant to have it."""
    return [one for one in complaints if not (status and f"status of {status}" in one and one.startswith(url.split("%")[0][:60]))]


def check_hostile(browser, origin):
    browser.look(1280)
    executed = False
    for field, value in itertools.product(FIELDS, HOSTILE):
        browser.open(origin + field + urllib.parse.quote(value, safe=""))
        found = browser.js(OUR_ELEMENTS) + [one for one in browser.complaints() if "status of 4" not in one]
        if found:
            executed = True
            check(f"{value[:30]!r} in {field} stays text", found)
    check("hostile values in every field stay text", executed)
    browser.driver.get(origin + "/check?domain=" + "x" * 65536)
    check("64 KB in a field: an error page without a word of it", "xxxx" in browser.driver.page_source)


STOPS = """const all = [...document.querySelectorAll(
    "a[href],input:not([type=hidden]),button:not([hidden]),summary,pre[tabindex]")];"""


def tab_order(browser):
    """Returns what the key Tab reaches, and the elements without a visible mark of the focus."""
    seen, unmarked = [], []
    browser.js("document.activeElement.blur(); window.scrollTo(0, 0)")
    for _ in range(80):
        browser.driver.switch_to.active_element.send_keys(Keys.TAB)
        now = browser.js(STOPS + """const e = document.activeElement;
            return [all.indexOf(e), e.outerHTML.slice(0, 100), getComputedStyle(e).outlineStyle]""")
        if now[0] < 0 or now[0] in seen:
            break
        seen.append(now[0])
        if now[2] == "none":
            unmarked.append(now[1])
    return seen, unmarked


def check_keyboard(browser, origin, paths):
    browser.look(1280)
    for name, path in paths.items():
        browser.open(origin + path)
        seen, unmarked = tab_order(browser)
        total = browser.js(STOPS + """return all.filter((e) => e.type !== "radio" || e.checked).length""")
        is_good = seen == sorted(seen) and len(seen) >= min(total, 80)
        check(f"{name}: Tab reaches everything, in the order of the page", [] if is_good else [seen, total])
        check(f"{name}: the focus can be seen", unmarked)


FAULTY = ("data:text/html,<script>console.error('a message')</script><img src='http://elsewhere.test/x'><input id=a><input id=a>"
          "<div onclick='x' style='width:3000px'>wide</div>")


def check_checks(browser):
    """Shows that the checks above notice a page with all faults."""
    browser.look(360)
    browser.open(FAULTY)
    found = browser.complaints()
    check("a message of the console is noticed", not any("a message" in one for one in found))
    check("a foreign request is noticed", not any("request to http://elsewhere.test/" in one for one in found))
    check("fields without labels, and an id that occurs twice, are noticed", len(browser.js(NAMELESS)) != 3)
    check("markup that is not ours is noticed", len(browser.js(OUR_ELEMENTS)) < 3)


def axe_findings(browser, axe):
    browser.js(axe)
    result = browser.driver.execute_async_script(
        "const done = arguments[0]; axe.run(document).then(done, (e) => done({violations: [{id: String(e), nodes: []}]}))")
    return [[one["id"], [node["html"][:150] + node["failureSummary"][:200] for node in one["nodes"]]]
            for one in result["violations"]]


def check_axe(browser, origin, paths):
    file = os.environ.get("AXE", "")
    if not file:
        print("NOT RUN: axe-core, since npm could not fetch it and AXE names no file")
        return
    with open(file, encoding="utf-8") as source:
        axe = source.read()
    for name, path in paths.items():
        for width, scheme in itertools.product(WIDTHS, SCHEMES):
            browser.look(width, scheme)
            browser.open(origin + path)
            check(f"{name}, {width} px, {scheme}: axe-core is silent", axe_findings(browser, axe))
    browser.open(FAULTY)
    faults = {one[0] for one in axe_findings(browser, axe)}
    check("axe-core notices a page with faults", {"image-alt", "label", "html-has-lang"} - faults)


def pages(origin, token, folder):
    browser = Browser()
    browser.driver.set_script_timeout(120)
    paths = {
        "home": "/", "why": "/why/" + token, "why-form": "/why", "why-old": "/why?s=mfrom;id=u@open.test;ip=192.0.2.1;r=mx",
        "why-claim": "/why?sender=u@open.test&ip=203.0.113.9", "check": "/check?domain=tree.test&ip=203.0.113.9",
        "check-bad": "/check?domain=permerror.test", "wizard-filled": "/wizard?domain=permerror.test",
        "wizard": "/wizard?domain=wiz.test&made=1&host=mail.pass.test&mx=1&below=1", "why-zh": "/why/" + token + "?lang=zh",
        "wizard-de": "/wizard?domain=a.wiz.test&made=1&none=1&lang=de", "404": "/nothing"}
    status = {"404": 404}
    for name, path in paths.items():
        plain = {}
        for width, scheme, script in itertools.product(WIDTHS, SCHEMES, (True, False)):
            browser.look(width, scheme, script)
            browser.open(origin + path)
            what = f"{name}, {width} px, {scheme}, {'with' if script else 'without'} script"
            check(f"{what}: no message and no foreign request", expected(browser.complaints(), origin + path, status.get(name)))
            wide = browser.js("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
            check(f"{what}: nothing is wider than the window", wide > 0)
            check(f"{what}: each field has a label of its own", browser.js(NAMELESS))
            plain.setdefault(width, set()).add(browser.driver.find_element(By.TAG_NAME, "main").text.replace("\n", " "))
            if script:
                browser.picture(f"{folder}/{name}-{width}-{scheme}.png")
        # The button that folds the tree, and times, are all that may differ.
        check(f"{name}: the text is there without script",
              [texts for texts in plain.values() if len({len(text) // 100 for text in texts}) > 2])
    browser.look(1280)
    browser.open(origin + paths["check"])
    size = browser.js("""return performance.getEntries().filter((e) => e.transferSize !== undefined)
        .map((e) => [new URL(e.name).pathname, e.transferSize])""")
    check("the page of an examination has less than 50 KB in all, with one style and one script", [] if
          sum(bytes for _, bytes in size) < 50000 and [p.rsplit(".")[-1] for p, _ in size].count("css") == 1 and
          [p.rsplit(".")[-1] for p, _ in size].count("js") == 1 else size)
    button = browser.driver.find_element(By.ID, "fold")
    opens = "return document.querySelectorAll('.tree details[open]').length"
    before = browser.js(opens)
    button.send_keys(Keys.ENTER)
    check("the button folds the tree", [] if before > 0 and browser.js(opens) == 0 else [before])
    button.send_keys(Keys.ENTER)
    check("and unfolds it", [] if browser.js(opens) == before else [before])
    for script in (True, False):
        browser.look(360, "light", script)
        browser.open(origin + "/")
        field = browser.driver.find_element(By.NAME, "domain")
        field.send_keys("tree.test")
        browser.submit(field)
        check(f"a form can be sent by keyboard, {'with' if script else 'without'} script",
              "tree.test" not in browser.driver.find_element(By.TAG_NAME, "h1").text)
    check_keyboard(browser, origin, {name: paths[name] for name in ("home", "why", "check", "wizard")})
    check_hostile(browser, origin)
    check_checks(browser)
    check_axe(browser, origin, paths)
    browser.driver.quit()


{"text": text, "wizard": wizard, "pages": pages}[sys.argv[1]](*sys.argv[2:])
