// Starts the page, and says in words why it could not.
//
// The rule that is easy to break: this file must run in any browser of the last ten years and must
// not itself need what it tests for. It is a classic script, and what stands in it the page needs to start.
(function () {
  "use strict";

  var EMPTY_MODULE = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  var blocked = "";
  var asked = {};

  document.addEventListener("securitypolicyviolation", function (event) {
    blocked = blocked || event.violatedDirective + " blocked " + (event.blockedURI || "it");
  });

  // Replaces the page's opening words by what went wrong and what to do about it.
  function say(what, todo, detail) {
    var box = document.createElement("div");
    box.className = "boot";
    box.setAttribute("data-testid", "error");
    box.setAttribute("role", "alert");
    var lines = ["Faultline could not start: " + what, todo];
    if (detail) lines.push("In the browser's own words: " + detail);
    lines.forEach(function (line) {
      var p = document.createElement("p");
      p.textContent = line;
      box.appendChild(p);
    });
    var place = document.getElementById("app") || document.body;
    place.textContent = "";
    var main = document.createElement("main");
    main.appendChild(box);
    place.appendChild(main);
  }

  function words(error) {
    return error && error.message ? String(error.message) : String(error);
  }

  // Why no module can be compiled here, or "" where it can.
  function missing() {
    if (location.protocol === "file:" && !window.faultlineWhole) {
      say("it was opened as a file.", "Browsers load WebAssembly only from a server: run ./dev serve and open the address it prints.");
      return true;
    }
    if (typeof WebAssembly !== "object") {
      say("this browser has no WebAssembly.", "Use a current Firefox, Chrome, Edge or Safari, or switch WebAssembly on; some locked-down modes switch it off.");
      return true;
    }
    try {
      new WebAssembly.Module(new Uint8Array(EMPTY_MODULE));
    } catch (error) {
      say("a security policy of this page or browser blocks WebAssembly.", "Whoever publishes the page must allow it: script-src needs 'wasm-unsafe-eval'.", words(error));
      return true;
    }
    return false;
  }

  function explain(stage, error) {
    var text = words(error);
    if (blocked) {
      say("a security policy blocks a part of it.", "Whoever publishes the page must allow its own scripts and WebAssembly.", blocked);
    } else if (error instanceof WebAssembly.CompileError || error instanceof WebAssembly.LinkError) {
      say("this browser cannot run its program.", "Update the browser; if it is current, reload, for two versions of the page may have been mixed.", text);
    } else if (error instanceof WebAssembly.RuntimeError) {
      say("its program stopped while starting.", "Reload the page. If it stops again with this address, open it without what follows the # sign.", text);
    } else {
      say(stage + " is missing, or is not the one of this page's own version.", "Reload the page. If it stays, tell whoever publishes it which file that is.", text);
    }
  }

  // The card of the page's text that leads there.
  function opened(path) {
    var links = document.querySelectorAll("#app .card");
    for (var i = 0; i < links.length; i += 1) {
      if (links[i].getAttribute("href") === path) return links[i];
    }
    return null;
  }

  // Fetches a part of the program that will be asked for.
  function preload(part) {
    if (asked[part]) return;
    asked[part] = true;
    var link = document.createElement("link");
    link.rel = "preload";
    link.as = "fetch";
    link.crossOrigin = "anonymous";
    link.href = part;
    document.head.appendChild(link);
  }

  // Fetches the parts of the program that what stands here needs: it and all around it say which.
  function fetchFor(element) {
    for (var at = element; at; at = at.parentElement) {
      if (at.hasAttribute("data-part")) at.getAttribute("data-part").split(" ").forEach(preload);
    }
  }

  // The landing page's own part, and the pictures on its cards.
  function dressLanding() {
    fetchFor(document.querySelector("#app .hero"));
    var pictures = document.querySelectorAll("#app [data-src]");
    for (var i = 0; i < pictures.length; i += 1) pictures[i].src = pictures[i].getAttribute("data-src");
  }

  // Says what is being opened, and fetches the parts that it needs along with the program. The landing page needs a part of
  // its own, and the part of what runs on it.
  function prepare() {
    var landing = /^(#\/?)?$/.test(location.hash);
    var on = document.querySelector("#app .on");
    var link = landing && on ? opened(on.getAttribute("href")) : opened(location.hash.split("?")[0]);
    if (!link) return;
    fetchFor(link);
    if (landing) return dressLanding();
    document.getElementById("boot-status").textContent = "Opening: " + link.querySelector("b").textContent;
  }

  // The colours that the reader has chosen; and in another page nothing but the name.
  function dress() {
    var root = document.documentElement;
    var theme = /[?&]theme=(light|dark)/.exec(location.search);
    try {
      theme = theme || /^(light|dark)$/.exec(localStorage.getItem("faultline.theme"));
    } catch (error) {
      // A sandboxed frame has no storage.
    }
    if (theme) root.setAttribute("data-theme", theme[1]);
    if (!/[?&]embed=1/.test(location.search)) return;
    root.setAttribute("data-embed", "");
    // What speaks with the page around this one.
    if (window.parent !== window) bring("embedded.js");
  }

  function bring(file) {
    var script = document.createElement("script");
    script.src = document.getElementById("boot-module").href.replace("faultline.js", file);
    document.head.appendChild(script);
  }

  // What keeps the page for when there is no network, once it has stood for some seconds and has nothing else to do.
  function keepLater() {
    if (window.parent !== window || self.origin === "null" || document.documentElement.hasAttribute("data-embed")) return;
    if (!navigator.serviceWorker || !navigator.locks) return;
    setTimeout(function () {
      (window.requestIdleCallback || setTimeout)(function () { bring("install.js"); });
    }, 5000);
  }

  // Wherever a text would become code, the browser asks here first (Trusted Types): the page's own scripts beside its program may, and
  // nothing else. A browser without them relies on the policy in index.html alone.
  function guard() {
    if (!window.trustedTypes) return;
    var home = document.getElementById("boot-module").href.split("faultline.js")[0];
    trustedTypes.createPolicy("default", {
      createScriptURL: function (address) {
        var url = new URL(address, document.baseURI).href;
        var own = url.indexOf(home) === 0 && /^(embedded|install|offline|whole|worker)\.js(\?v=[0-9a-f]*)?$/.test(url.slice(home.length));
        return own ? address : null;
      },
    });
  }

  function present(answer) {
    if (!answer.ok) throw new Error(answer.status + " " + answer.statusText);
    return answer;
  }

  // A frame without an origin may load no module from a host without CORS; a classic script it may.
  function startWhole(moduleUrl) {
    return new Promise(function (done, failed) {
      var script = document.createElement("script");
      script.src = moduleUrl.replace("faultline.js", "whole.js");
      script.onload = function () { done(window.faultlineWhole.start()); };
      script.onerror = function () { failed(new Error(script.src)); };
      document.head.appendChild(script);
    });
  }

  function start() {
    guard();
    dress();
    if (missing()) return;
    prepare();
    if (window.faultlineWhole) {
      window.faultlineWhole.start().catch(function (error) {
        explain("the program", error);
      });
      return;
    }
    var moduleUrl = document.getElementById("boot-module").href;
    var wasmUrl = document.getElementById("boot-wasm").href;
    var stage = "a script (" + moduleUrl + ")";
    // Of this build or none. In a frame without an origin what a host without CORS sends may not be looked at.
    var integrity = self.origin === "null" ? "" : document.getElementById("boot-wasm").getAttribute("data-integrity") || "";
    var program = fetch(wasmUrl, { integrity: integrity }).then(present);
    // Whoever waits for it below says what went wrong.
    program.catch(function () {});
    import(moduleUrl)
      .then(function (module) {
        stage = "the program (" + wasmUrl + ")";
        return module.default({ module_or_path: program });
      }, function (error) {
        if (self.origin !== "null") throw error;
        return startWhole(moduleUrl);
      })
      .then(keepLater, function (error) {
        explain(stage, error);
        if (window.console) console.error(error);
      });
  }

  start();
})();
