// Keeps the page for when there is no network, and says when a newer one is here. boot.js brings it once the page has stood for
// some seconds, where it is the whole window; what is kept, and how builds stay apart, is in offline.js.
//
// The rule that is easy to break: nothing here may cost a run. The page stays as it is until the reader has it loaded again, and
// then the address holds the run, or the browser's storage does.
(function () {
  "use strict";

  // Milliseconds between two questions for a newer page, of one that stays open for days.
  const AGAIN_MS = 3_600_000;

  const program = new URL(document.getElementById("boot-module").href);
  const scope = new URL("./", program).href;
  const build = program.searchParams.get("v");
  const { serviceWorker: workers, locks, connection } = navigator;
  let asked = Date.now();

  // So that the browser offers to install it.
  const manifest = document.createElement("link");
  manifest.rel = "manifest";
  manifest.href = program.href.replace("faultline.js", "manifest.webmanifest");
  document.head.appendChild(manifest);

  // What came before anybody kept it, and lies in the browser's own cache.
  const loaded = () => performance.getEntriesByType("resource").map((entry) => entry.name);

  function greet() {
    const worker = workers.controller;
    if (worker) worker.postMessage({ build, all: !(connection && connection.saveData), loaded: loaded() });
  }

  async function keep() {
    const registration = await workers.register(new URL("offline.js", scope).href, { scope, updateViaCache: "none" });
    if (!registration) return;
    workers.addEventListener("controllerchange", greet);
    greet();
    addEventListener("visibilitychange", () => {
      if (document.hidden || Date.now() - asked < AGAIN_MS) return;
      asked = Date.now();
      registration.update().catch(() => {});
    });
  }

  workers.addEventListener("message", ({ data }) => {
    if (data.kept) document.documentElement.setAttribute("data-kept", data.kept);
    if (data.newer) offer();
  });

  // ---- The newer page

  function button(words, look, act) {
    const element = document.createElement("button");
    element.type = "button";
    element.className = look;
    element.textContent = words;
    element.addEventListener("click", act);
    return element;
  }

  let box = null;
  let words = null;

  // One message at a time: what the page itself has to say comes first (src/ui/aside.rs).
  const aside = () => document.querySelector("[data-testid=aside]");
  function offer() {
    if (box) return;
    box = document.createElement("section");
    box.className = "kept";
    box.setAttribute("aria-label", "A newer Faultline");
    box.setAttribute("data-testid", "newer");
    words = document.createElement("p");
    words.setAttribute("role", "status");
    const acts = document.createElement("div");
    acts.className = "acts";
    acts.append(button("Load it now", "btn", load), button("Later", "btn", later));
    box.append(words, acts);
    const place = aside();
    if (!place) return show();
    const turn = new MutationObserver(() => {
      if (place.querySelector(".kept")) return;
      turn.disconnect();
      show();
    });
    turn.observe(place, { childList: true, subtree: true });
    if (!place.querySelector(".kept")) {
      turn.disconnect();
      show();
    }
  }

  function show() {
    const place = aside();
    if (place) place.after(box);
    else document.body.prepend(box);
    // A screen reader says what changes in a place that it knows.
    requestAnimationFrame(() => {
      words.textContent = "A newer Faultline is here. It is shown when this page is loaded again; your run is kept.";
    });
  }

  function later() {
    box.remove();
    const play = document.getElementById("play");
    if (play) play.focus();
  }

  // Whether the browser's storage holds this tab's run.
  function isStored() {
    try {
      const tab = sessionStorage.getItem("faultline.tab");
      return Object.keys(localStorage).some((key) => key.startsWith("faultline.run") && key.includes(tab));
    } catch {
      return false;
    }
  }

  // The address takes the run along, to this very moment.
  async function load() {
    const { faultline } = window;
    const open = faultline && (await faultline.state().catch(() => null));
    const link = open && (await faultline.link().catch(() => null));
    if (typeof link === "string") history.replaceState(null, "", link);
    else if (open && !isStored()) {
      words.textContent = "This run is too large for a link, and nothing can be kept here: save it with \"Files\" first, or it is gone.";
      return;
    }
    location.reload();
  }

  // As long as the page lives it holds a lock of its build's name, so that what it may still need is not thrown away.
  locks.request(`faultline ${scope} ${build}`, { mode: "shared" }, () => {
    keep().catch(() => {});
    return new Promise(() => {});
  });
})();
