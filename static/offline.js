// The page without a network: a service worker that keeps one build whole, and answers from what it keeps.
//
// The rules that are easy to break: a page gets the parts of its own build or none. Each build has a cache of its own, an address
// says by `?v=` which it belongs to, and what comes over the network counts only with the SHA-256 that the build's list has for it. And
// nothing here may stand in the page's way: where something cannot be kept, or is not whole, the network answers as if there were no worker.
//
// tools/offline.mjs puts the list of files before this. Published without one, it takes itself and all that it kept away.
"use strict";

// { version, core: [file], files: { file: "sha256-..." } }; the page itself is "".
const BUILD = self.faultlineBuild;
const SCOPE = self.registration.scope;
const LIST = `${SCOPE}?list`;
// Of this place on the host: another may be beside it.
const PREFIX = `faultline ${SCOPE} `;

const cacheName = (version) => PREFIX + version;
const keyOf = (file) => SCOPE + file;
const nothing = () => {};

// The build's own bytes of that file, or an error. The browser has most already, however old it takes them to be.
async function sound(file, { version, files }) {
  const url = keyOf(file) + (file === "" || file.startsWith("cards/") ? "" : `?v=${version}`);
  const ask = (cache) => fetch(url, { integrity: files[file], cache, priority: "low" });
  const response = await ask("force-cache").catch(() => ask("reload"));
  // A page may not be answered with what was redirected.
  return response.redirected ? new Response(response.body, { status: response.status, headers: response.headers }) : response;
}

// Sees to it that these files are kept.
async function bring(cache, files) {
  for (const file of files) {
    if (!(await cache.match(keyOf(file)))) await cache.put(keyOf(file), await sound(file, BUILD));
  }
}

// ---- Coming and going

// The list is put last: a cache that has it has all that a page needs to start.
async function install() {
  if (BUILD) {
    const cache = await caches.open(cacheName(BUILD.version));
    await bring(cache, BUILD.core);
    await cache.put(LIST, Response.json(BUILD));
  }
  // Pages of other builds lose nothing by it: their caches stay.
  await self.skipWaiting();
}

async function activate() {
  if (BUILD) return self.clients.claim();
  for (const name of await caches.keys()) if (name.startsWith(PREFIX)) await caches.delete(name);
  return self.registration.unregister();
}

addEventListener("install", (event) => event.waitUntil(install()));
addEventListener("activate", (event) => event.waitUntil(activate()));

// ---- Answers

// The list of a build that was kept here once, or undefined.
async function listOf(version) {
  if (!(await caches.has(cacheName(version)))) return undefined;
  const list = await caches.match(LIST, { cacheName: cacheName(version) });
  return list && list.json();
}

// The page, if all is here that it needs to start.
async function page(request) {
  const cache = await caches.open(cacheName(BUILD.version));
  const core = await Promise.all(BUILD.core.map((file) => cache.match(keyOf(file))));
  return core.every(Boolean) ? core[BUILD.core.indexOf("")] : fetch(request);
}

// A file of the build `version`: kept, or of the network and kept from now on.
async function part(event, file, version) {
  const kept = await caches.match(keyOf(file), { cacheName: cacheName(version) }).catch(nothing);
  if (kept) return kept;
  const list = version === BUILD.version ? BUILD : await listOf(version).catch(nothing);
  if (!list || !Object.hasOwn(list.files, file)) return fetch(event.request);
  const response = await sound(file, list);
  const copy = response.clone();
  const put = caches.open(cacheName(version)).then((cache) => cache.put(keyOf(file), copy));
  event.waitUntil(put.catch(nothing));
  return response;
}

addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  if (!BUILD || method !== "GET" || !url.startsWith(SCOPE)) return;
  const file = url.slice(SCOPE.length).replace(/[?#].*/, "");
  if (mode === "navigate") {
    if (file === "" || file === "index.html") event.respondWith(page(event.request).catch(() => fetch(event.request)));
    return;
  }
  const version = new URL(url).searchParams.get("v") || BUILD.version;
  if (file !== "") event.respondWith(part(event, file, version));
});

// ---- What pages ask

// One after the other, whoever asks.
let filling = Promise.resolve();

// Keeps all files, or those that the page has loaded; whether they are kept now.
function fill({ all, loaded }) {
  const had = new Set(loaded.map((url) => url.replace(/[?#].*/, "")));
  const files = Object.keys(BUILD.files).filter((file) => all || had.has(keyOf(file)));
  const filled = filling.then(async () => bring(await caches.open(cacheName(BUILD.version)), files));
  filling = filled.catch(nothing);
  return filled.then(() => (all ? "all" : "some"), nothing);
}

// Throws away builds that no page is of. A page holds a lock of its cache's name; while one has none, nobody knows.
async function tidy() {
  if (self.registration.installing || self.registration.waiting) return;
  const open = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const { held } = await navigator.locks.query();
  const locks = held.filter(({ name }) => name.startsWith(PREFIX));
  const pages = open.filter(({ url }) => url.startsWith(SCOPE));
  if (!pages.every(({ id }) => locks.some(({ clientId }) => clientId === id))) return;
  const used = [cacheName(BUILD.version), ...locks.map(({ name }) => name)];
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX) && !used.includes(name)) await caches.delete(name);
  }
}

// A page of a build that was kept here, and is no longer the one that is shown, hears that there is a newer one.
async function greeted(page, asks) {
  const newer = asks.build !== BUILD.version && Boolean(await listOf(asks.build));
  page.postMessage({ newer });
  const kept = await fill(asks);
  if (kept) page.postMessage({ kept });
  await tidy();
}

const isGreeting = ({ build, all, loaded }) => typeof build === "string" && typeof all === "boolean" && Array.isArray(loaded);

addEventListener("message", (event) => {
  if (BUILD && event.source && event.data && isGreeting(event.data)) event.waitUntil(greeted(event.source, event.data).catch(nothing));
});
