// <fault-line scenario="raft-election">: a run of Faultline in another page (docs/embedding.md).
//
// The rule that is easy to break: it runs in a stranger's page. It leaves no global name, touches nothing but its own
// elements, takes messages from its own frame alone, and may be loaded any number of times. Such a page may be an application that
// puts its elements in, takes them out, moves them, and makes their attributes and children those of another page (navigation
// without loading): the frame stands in a shadow root, where nobody tidies it away, and what is listened to ends with the last element.
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

  // ---- The colours of the page around it

  // How light a colour is, from 0 to 1; null if it is hardly there, or is written in a way that is not known.
  function lightness(colour) {
    const [, kind, rest] = /^(\w+)\((?:[a-z][\w-]* )?(.*)\)$/.exec(colour) ?? [];
    if (!kind) return null;
    const [a, b, c, alpha = 1] = rest.split(/[\s,/]+/).map(Number);
    if (!(alpha > 0.5)) return null;
    if (/^okl/.test(kind)) return a;
    if (/^l/.test(kind)) return a / 100;
    return (0.2126 * a + 0.7152 * b + 0.0722 * c) / (kind === "color" ? 1 : 255);
  }

  // "light" or "dark": the ground on which the element stands; where nothing paints one, as the page says of itself.
  function ground(element) {
    for (let at = element; at; at = at.parentElement ?? at.getRootNode().host) {
      const light = lightness(getComputedStyle(at).backgroundColor);
      if (light !== null) return light < 0.5 ? "dark" : "light";
    }
    const said = getComputedStyle(document.documentElement).colorScheme;
    if (!said.includes("dark")) return "light";
    return said.includes("light") && !matchMedia("(prefers-color-scheme: dark)").matches ? "light" : "dark";
  }

  // The elements in the page. While there are any, they are told when its colours may have changed.
  const shown = new Set();
  const recolour = () => shown.forEach((element) => element.recolour());
  const dressed = new MutationObserver(recolour);
  const faded = ({ propertyName }) => propertyName === "background-color" && recolour();
  const preference = matchMedia("(prefers-color-scheme: dark)");

  function enter(element) {
    shown.add(element);
    if (shown.size > 1) return;
    for (const whole of [document.documentElement, document.body]) if (whole) dressed.observe(whole, { attributes: true });
    document.addEventListener("transitionend", faded);
    preference.addEventListener("change", recolour);
  }

  function leave(element) {
    shown.delete(element);
    if (shown.size > 0) return;
    dressed.disconnect();
    document.removeEventListener("transitionend", faded);
    preference.removeEventListener("change", recolour);
  }

  // ---- The element

  const ANEW = ["scenario", "run", "lesson", "stage", "seed", "settings", "ui", "lock", "theme", "speed", "autoplay", "question", "strict"];
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(":host{display:block}:host([hidden]){display:none}iframe{display:block;width:100%;border:0}");

  class FaultLine extends HTMLElement {
    static observedAttributes = [...ANEW, "title", "height"];

    #root = this.attachShadow({ mode: "open" });
    #frame = null;
    #due = false;
    #ready = false;
    #told = 560;
    #asked = 0;
    #waiting = new Map();
    #hear = (event) => this.#heard(event);

    constructor() {
      super();
      this.#root.adoptedStyleSheets = [sheet];
    }

    connectedCallback() {
      addEventListener("message", this.#hear);
      enter(this);
      this.#show();
    }

    // Moved as a whole, it runs on.
    connectedMoveCallback() {
      this.recolour();
    }

    disconnectedCallback() {
      removeEventListener("message", this.#hear);
      leave(this);
      this.#drop("The element was taken out of the page.");
    }

    // Several at once make one new frame.
    attributeChangedCallback(name, before, now) {
      if (!this.#frame || before === now) return;
      if (name === "title") this.#frame.title = this.#title();
      else if (name === "height") this.#fit();
      else if (!this.#due) {
        this.#due = true;
        queueMicrotask(() => {
          this.#due = false;
          if (this.#frame) this.#show();
        });
      }
    }

    #drop(why) {
      for (const { refuse } of this.#waiting.values()) refuse(new Error(why));
      this.#waiting.clear();
      this.#frame?.remove();
      this.#frame = null;
      this.#ready = false;
    }

    // The frame begins anew: what is in it cannot be changed under the learner's hands.
    #show() {
      this.#drop("The element shows another run.");
      const frame = document.createElement("iframe");
      this.#frame = frame;
      frame.title = this.#title();
      frame.loading = "lazy";
      frame.setAttribute("sandbox", sandbox(this));
      frame.allow = "clipboard-write";
      this.#told = 560;
      this.#fit();
      this.recolour();
      frame.src = address(this);
      this.#root.append(frame);
    }

    #title() {
      return this.getAttribute("title") || `Faultline: ${this.getAttribute("scenario") || "a run"}`;
    }

    // A frame hears of the colours around it by its own: to the page in it, they are what its reader prefers.
    recolour() {
      if (this.#frame) this.#frame.style.colorScheme = this.getAttribute("theme") ? "normal" : ground(this);
    }

    #fit() {
      this.#frame.style.height = `${this.#fixed() ?? this.#told}px`;
    }

    #fixed() {
      const height = Number.parseInt(this.getAttribute("height") ?? "", 10);
      return Number.isFinite(height) ? Math.min(Math.max(height, LOWEST), HIGHEST) : null;
    }

    #heard({ source, data }) {
      if (!this.#frame || source !== this.#frame.contentWindow) return;
      if (typeof data !== "object" || data === null || data.faultline !== VERSION) return;
      if (data.event === "ready") return this.#begin();
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
      if (typeof height !== "number" || !Number.isFinite(height)) return;
      this.#told = Math.min(Math.max(Math.ceil(height), LOWEST), HIGHEST);
      this.#fit();
    }

    // What was asked before anybody could answer.
    #begin() {
      this.#ready = true;
      for (const asked of [...this.#waiting.values()]) this.#post(asked);
    }

    // What is no plain data cannot be sent.
    #post({ question, refuse }) {
      try {
        this.#frame.contentWindow.postMessage(question, "*");
      } catch (error) {
        this.#waiting.delete(question.id);
        refuse(error);
      }
    }

    // Asks a verb of the page in the frame: ask("seek", 500000). Promises its answer, which comes once the page runs.
    ask(verb, argument) {
      return new Promise((keep, refuse) => {
        if (!this.#frame) return refuse(new Error("The element is not in a page."));
        this.#asked += 1;
        const question = { faultline: VERSION, id: this.#asked, verb };
        if (argument !== undefined) question.argument = argument;
        const asked = { question, keep, refuse };
        this.#waiting.set(question.id, asked);
        if (this.#ready) this.#post(asked);
      });
    }
  }

  customElements.define("fault-line", FaultLine);
})();
