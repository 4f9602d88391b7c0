// <fault-line scenario="raft-election">: a run of Faultline in another page (docs/embedding.md).
//
// The rule that is easy to break: it runs in a stranger's page. It leaves no global name, touches nothing but its own
// elements, takes messages from its own frame alone, and may be loaded any number of times.
(function () {
  "use strict";
  if (customElements.get("fault-line")) return;

  const VERSION = 1;
  const HOME = new URL("./", document.currentScript ? document.currentScript.src : location.href);
  const BOOLEAN = ["lock", "autoplay"];
  const EVENTS = ["step", "answered", "violated"];
  // From how low to how high a frame may make itself.
  const [LOWEST, HIGHEST] = [160, 2_400];

  // What of the attributes goes before the # and what after it.
  function address(element) {
    const look = new URLSearchParams({ embed: "1" });
    const run = new URLSearchParams();
    const given = (name) => element.getAttribute(name);
    const parts = (given("ui") ?? "stage,time").split(",").map((part) => part.trim());
    if (element.hasAttribute("question") && given("question") !== "no" && !parts.includes("lesson")) parts.push("lesson");
    look.set("ui", parts.join(","));
    for (const name of ["theme", "speed", "lesson"]) if (given(name)) look.set(name, given(name));
    for (const name of BOOLEAN) if (element.hasAttribute(name) && given(name) !== "no") look.set(name, "1");
    for (const name of ["stage", "seed"]) if (given(name)) run.set(name, given(name));
    for (const pair of (given("settings") ?? "").split(/[\s;]+/)) {
      const [name, value] = pair.split("=");
      if (name && value !== undefined) run.set(name, value);
    }
    const place = given("run") ? `#/x/${given("run").replace(/^.*#\/x\//, "")}` : given("lesson") ? "#/" : `#/s/${given("scenario") ?? ""}`;
    const options = String(run);
    return `${HOME.href}?${look}${place}${options && !given("run") ? `?${options}` : ""}`;
  }

  // What is let happen in the frame. With its own origin it need not be served to strangers; where that is ours, too,
  // the sandbox would be none, but then it is the host's own page. "strict" leaves it without.
  function sandbox(element) {
    const own = element.hasAttribute("strict") ? "" : " allow-same-origin";
    return `allow-scripts allow-downloads allow-popups allow-popups-to-escape-sandbox${own}`;
  }

  class FaultLine extends HTMLElement {
    static observedAttributes = ["scenario", "run", "lesson", "stage", "seed", "settings", "ui", "lock", "theme", "speed", "autoplay", "question", "strict"];

    #frame = null;
    #asked = 0;
    #waiting = new Map();
    #hear = (event) => this.#heard(event);

    connectedCallback() {
      addEventListener("message", this.#hear);
      this.#show();
    }

    disconnectedCallback() {
      removeEventListener("message", this.#hear);
      for (const { refuse } of this.#waiting.values()) refuse(new Error("The element was taken out of the page."));
      this.#waiting.clear();
      this.#frame?.remove();
      this.#frame = null;
    }

    attributeChangedCallback(name, before, now) {
      if (this.#frame && before !== now) this.#show();
    }

    // The frame begins anew: what is in it cannot be changed under the learner's hands.
    #show() {
      this.#frame?.remove();
      const frame = document.createElement("iframe");
      frame.title = this.getAttribute("title") || `Faultline: ${this.getAttribute("scenario") || "a run"}`;
      frame.loading = "lazy";
      frame.setAttribute("sandbox", sandbox(this));
      frame.allow = "clipboard-write";
      frame.style.cssText = "display:block;width:100%;border:0;color-scheme:normal";
      frame.style.height = `${this.#fixed() ?? 560}px`;
      frame.src = address(this);
      if (getComputedStyle(this).display === "inline") this.style.display = "block";
      this.append(frame);
      this.#frame = frame;
    }

    #fixed() {
      const height = Number.parseInt(this.getAttribute("height") ?? "", 10);
      return Number.isFinite(height) ? Math.min(Math.max(height, LOWEST), HIGHEST) : null;
    }

    #heard({ source, data }) {
      if (!this.#frame || source !== this.#frame.contentWindow) return;
      if (typeof data !== "object" || data === null || data.faultline !== VERSION) return;
      if (data.event === "height") return this.#resize(data.height);
      if (EVENTS.includes(data.event)) {
        const { faultline, event, ...detail } = data;
        this.dispatchEvent(new CustomEvent(`faultline-${event}`, { detail, bubbles: true }));
        return;
      }
      const asked = this.#waiting.get(data.id);
      if (!asked) return;
      this.#waiting.delete(data.id);
      if (data.error) asked.refuse(Object.assign(new Error(String(data.error.message)), { code: String(data.error.code) }));
      else asked.keep(data.answer);
    }

    #resize(height) {
      if (this.#fixed() !== null || typeof height !== "number" || !Number.isFinite(height)) return;
      this.#frame.style.height = `${Math.min(Math.max(Math.ceil(height), LOWEST), HIGHEST)}px`;
    }

    // Asks a verb of the page in the frame: ask("seek", 500000). Promises its answer.
    ask(verb, argument) {
      return new Promise((keep, refuse) => {
        if (!this.#frame?.contentWindow) return refuse(new Error("The element is not in a page."));
        this.#asked += 1;
        const id = this.#asked;
        this.#waiting.set(id, { keep, refuse });
        const question = { faultline: VERSION, id, verb };
        if (argument !== undefined) question.argument = argument;
        this.#frame.contentWindow.postMessage(question, "*");
      });
    }
  }

  customElements.define("fault-line", FaultLine);
})();
