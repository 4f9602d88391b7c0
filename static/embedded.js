// The page inside another: what it tells the page around it, and what that may ask (docs/embedding.md).
//
// The rule that is easy to break: anybody may be around it. A message counts if the parent itself sent it, if it is small and of
// exactly one shape; and all that it can ask is a verb of window.faultline, which can do what a hand can, and no more.
(function () {
  "use strict";
  if (window.parent === window) return;

  const VERSION = 1;
  const LARGEST = 65_536;
  const MOST_WAITING = 64;
  const VERBS = ["load", "play", "pause", "step", "back", "seek", "fork", "edit", "state", "hash", "link"];
  let waiting = 0;
  let last = null;

  // Nothing that it says is a secret, and a parent without an origin cannot be named.
  function tell(message) {
    window.parent.postMessage({ faultline: VERSION, ...message }, "*");
  }

  // ---- What the parent asks

  // The size of plain data as JSON; of what is none, infinite.
  function size(data) {
    try {
      return (JSON.stringify(data) ?? "").length;
    } catch {
      return Infinity;
    }
  }

  // A question of this schema, or null.
  function question(data) {
    if (typeof data !== "object" || data === null || data.faultline !== VERSION) return null;
    if (!Number.isSafeInteger(data.id) || data.id < 0 || typeof data.verb !== "string") return null;
    const known = ["faultline", "id", "verb", "argument"];
    return Object.keys(data).every((key) => known.includes(key)) ? data : null;
  }

  function refuse(id, code, message) {
    tell({ id, error: { code, message } });
  }

  function ask({ id, verb, argument }) {
    if (!VERBS.includes(verb)) return refuse(id, "bad-verb", `There is no such verb: there are ${VERBS.join(", ")}.`);
    if (size(argument) > LARGEST) return refuse(id, "too-large", `The argument must be plain data of at most ${LARGEST} characters.`);
    if (!window.faultline) return refuse(id, "not-ready", "The page is still starting: wait for its event \"ready\".");
    if (waiting >= MOST_WAITING) return refuse(id, "busy", `${MOST_WAITING} questions wait already.`);
    waiting += 1;
    window.faultline[verb](argument)
      .then((answer) => (answer && answer.error ? tell({ id, error: answer.error }) : tell({ id, answer })))
      .catch((error) => refuse(id, "broken", String(error && error.message)))
      .then(() => (waiting -= 1));
  }

  addEventListener("message", (event) => {
    if (event.source !== window.parent) return;
    const asked = question(event.data);
    if (asked) ask(asked);
  });

  // ---- What the learner does

  // The places at which `now` is true and `before` was not.
  const news = (now, before) => now.flatMap((is, i) => (is && !(before && before[i]) ? [i] : []));

  function compare(state) {
    const { scenario, lesson, checks } = state;
    const before = last && last.scenario === scenario ? last : null;
    const broken = checks.map((check) => check.verdict === "violated");
    for (const step of news(lesson.steps, before && before.steps)) tell({ event: "step", scenario, step, of: lesson.steps.length });
    if (lesson.answer !== null && !(before && before.answered)) {
      const { guess, answer } = lesson;
      tell({ event: "answered", scenario, guess, answer, right: guess === answer });
    }
    for (const i of news(broken, before && before.broken)) {
      const { name, why } = checks[i];
      tell({ event: "violated", scenario, promise: name, why, time_us: state.time_us });
    }
    last = { scenario, steps: lesson.steps, answered: lesson.answer !== null, broken };
  }

  function changed() {
    window.faultline.state().then((state) => {
      if (!state) return;
      if (!last) tell({ event: "ready", scenario: state.scenario });
      compare(state);
      measure();
    });
  }
  addEventListener("faultline-changed", changed);
  // The page may have been quicker than this script.
  if (window.faultline) changed();

  // The way out leads to this very run at this very moment; a frame that may open no page leaves it to the link itself.
  addEventListener("click", (event) => {
    if (!event.target.closest || !event.target.closest("[data-testid=open-full]") || !window.faultline) return;
    event.preventDefault();
    window.faultline.link().then((link) => {
      const page = typeof link === "string" && window.open(link, "_blank");
      if (page) page.opener = null;
    });
  });

  // ---- How much room it needs

  // What a stage so wide is best at.
  const high = (wide) => Math.min(Math.max(wide * 0.62, 300), 480);

  // The height of all that is shown, with the stage at its best, whatever the frame's height is now: or the two would chase each other.
  function wanted() {
    const work = document.querySelector("main.work");
    // A frame that is not shown has no width; one so narrow is on its way to another.
    if (!work || window.innerWidth < 120) return null;
    const [zone, transport, time, lesson, inspector] = [".stage-zone", ".transport", ".time-zone", ".lesson", ".inspector"].map((part) =>
      work.querySelector(part),
    );
    const tall = (part) => (part ? part.scrollHeight : 0);
    let stack = Math.ceil(transport.getBoundingClientRect().height);
    if (zone) stack += high(zone.clientWidth);
    if (time) stack += 176;
    const boards = work.querySelector(".boards");
    if (window.innerWidth < 1240) stack += tall(boards);
    const beside = window.innerWidth > 900;
    const words = beside ? Math.min(tall(lesson), 720) : tall(lesson) + tall(inspector);
    // In a lower frame the diagram gives way (embedded.css).
    const least = time ? (beside ? 560 : 630) : 0;
    return Math.ceil(Math.max(beside ? Math.max(stack, words) : stack + words, least));
  }

  let told = 0;
  function measure() {
    const height = wanted();
    if (height === null || height === told) return;
    told = height;
    tell({ event: "height", height });
    // Embedly's word for the same.
    window.parent.postMessage(JSON.stringify({ src: location.href, context: "iframe.resize", height }), "*");
  }
  addEventListener("resize", measure);
  const sizes = new ResizeObserver(measure);
  const watched = new Set();
  new MutationObserver(() => {
    for (const part of document.querySelectorAll("main.work > *, .boards > *, .panel")) {
      if (!watched.has(part)) sizes.observe(part);
      watched.add(part);
    }
  }).observe(document.documentElement, { childList: true, subtree: true });

  // ---- Off screen time stands still, and goes on where it is seen again

  let stood = false;
  new IntersectionObserver(([{ isIntersecting }]) => {
    const play = document.getElementById("play");
    if (!play) return;
    const plays = play.dataset.testid === "pause";
    if (!isIntersecting && plays) {
      stood = true;
      play.click();
    } else if (isIntersecting && stood) {
      stood = false;
      if (!plays) play.click();
    }
  }).observe(document.documentElement);
})();
