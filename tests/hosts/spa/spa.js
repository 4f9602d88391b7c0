// A page that goes to another as Quartz does, which is an application and cannot be installed as a package: it fetches the other
// page, makes its own body into that one's by the smallest change (as micromorph does: an element stays if its name fits, and takes the
// other's attributes and children), and says so by an event. Scripts that come with a body do not run. Written plainly for the tests.
(function () {
  "use strict";

  function morph(from, to) {
    if (from.nodeType !== to.nodeType || from.nodeName !== to.nodeName) return from.replaceWith(document.importNode(to, true));
    if (from.nodeType !== Node.ELEMENT_NODE) {
      if (from.data !== to.data) from.data = to.data;
      return;
    }
    for (const { name } of [...from.attributes]) if (!to.hasAttribute(name)) from.removeAttribute(name);
    for (const { name, value } of to.attributes) if (from.getAttribute(name) !== value) from.setAttribute(name, value);
    const [own, others] = [[...from.childNodes], [...to.childNodes]];
    others.forEach((child, i) => (own[i] ? morph(own[i], child) : from.append(document.importNode(child, true))));
    own.slice(others.length).forEach((child) => child.remove());
  }

  async function go(url, push) {
    const html = new DOMParser().parseFromString(await (await fetch(url)).text(), "text/html");
    if (push) history.pushState({}, "", url);
    document.title = html.title;
    morph(document.body, html.body);
    document.dispatchEvent(new CustomEvent("nav", { detail: { url: String(url) } }));
  }

  addEventListener("click", (event) => {
    if (event.target.closest("#dark")) document.documentElement.setAttribute("saved-theme", "dark");
    const link = event.target.closest("a[href]");
    if (!link || link.origin !== location.origin) return;
    event.preventDefault();
    go(link.href, true);
  });
  addEventListener("popstate", () => go(location.href, false));
})();
