// The page without a network: a service worker that keeps one build whole, and answers from what it keeps.
//
// The rules that are easy to break: a page gets the parts of its own build or none. Each build has a cache of its own, an address
// says by `?v=` which it belongs to, and what comes over the network counts only with the SHA-256 that the build's list has for it. And
// nothing here may stand in the page's way: where something cannot be kept, or is not whole, the network answers as without a worker.
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

// The names of all caches of this place.
const names = async () => (await caches.keys()).filter((name) => name.startsWith(PREFIX));

// What the list in the cache of that name says, or undefined.
async function listIn(name) {
  const list = (await caches.has(name)) && (await caches.match(LIST, { cacheName: name }));
  return list ? list.json() : undefined;
}

// The other builds that are kept: [{ name, files }].
async function others() {
  const all = (await names()).filter((name) => name !== cacheName(BUILD.version));
  const lists = await Promise.all(all.map(async (name) => ({ ...(await listIn(name)), name })));
  return lists.filter(({ files }) => files);
}

// The bytes of a file of this build: of another one that is kept, where it has not changed since, or of the network.
async function bytes(file, builds) {
  const equal = builds.find(({ files }) => files[file] === BUILD.files[file]);
  const kept = equal && (await caches.match(keyOf(file), { cacheName: equal.name }));
  return kept || sound(file, BUILD);
}

// Sees to it that what a page needs to start is kept, or fails; and as many of the other files as can be had: how many cannot. The
// list is put last: a cache that has it was whole once.
async function bring(files) {
  const cache = await caches.open(cacheName(BUILD.version));
  const builds = await others();
  const one = async (file) => (await cache.match(keyOf(file))) || cache.put(keyOf(file), await bytes(file, builds));
  for (const file of BUILD.core) await one(file);
  let missing = 0;
  for (const file of files) await one(file).catch(() => (missing += 1));
  if (!(await cache.match(LIST))) await cache.put(LIST, new Response(JSON.stringify(BUILD)));
  return missing;
}

// ---- Coming and going

// What was kept of the build before is kept of this one before anybody sees it: what could be done without a network still can.
async function install() {
  if (BUILD) {
    const kept = await Promise.all((await names()).map(async (name) => (await caches.open(name)).keys()));
    const had = new Set(kept.flat().map(({ url }) => url));
    await bring(Object.keys(BUILD.files).filter((file) => had.has(keyOf(file))));
  }
  // Pages of other builds lose nothing by it: their caches stay.
  await self.skipWaiting();
}

async function activate() {
  if (BUILD) return self.clients.claim();
  for (const name of await names()) await caches.delete(name);
  return self.registration.unregister();
}

addEventListener("install", (event) => event.waitUntil(install()));
addEventListener("activate", (event) => event.waitUntil(activate()));

// ---- Answers

// The page, if all is here that it needs to start; or undefined.
async function page() {
  const cache = await caches.open(cacheName(BUILD.version));
  const core = await Promise.all(BUILD.core.map((file) => cache.match(keyOf(file))));
  return core.every(Boolean) ? core[BUILD.core.indexOf("")] : undefined;
}

// A file of the build `version`: kept, or of the network and kept from now on.
async function part(event, file, version) {
  const name = cacheName(version);
  const kept = await caches.match(keyOf(file), { cacheName: name }).catch(nothing);
  if (kept) return kept;
  const list = version === BUILD.version ? BUILD : await listIn(name).catch(nothing);
  if (!list || !Object.hasOwn(list.files, file)) return fetch(event.request);
  const response = await sound(file, list);
  const copy = response.clone();
  event.waitUntil(caches.open(name).then((cache) => cache.put(keyOf(file), copy)).catch(nothing));
  return response;
}

addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  if (!BUILD || method !== "GET" || !url.startsWith(SCOPE)) return;
  const file = url.slice(SCOPE.length).replace(/[?#].*/, "");
  const network = () => fetch(event.request);
  if (mode === "navigate") {
    if (file === "" || file === "index.html") event.respondWith(page().catch(nothing).then((kept) => kept || network()));
    return;
  }
  const version = new URL(url).searchParams.get("v");
  if (version) event.respondWith(part(event, file, version));
  // A picture belongs to no build.
  else if (Object.hasOwn(BUILD.files, file)) event.respondWith(part(event, file, BUILD.version).catch(network));
});

// ---- What pages ask

// One after the other, whoever asks.
let filling = Promise.resolve();

// Keeps all files, or those that the page has loaded; whether they are kept now.
function fill({ all, loaded }) {
  const had = new Set(loaded.map((url) => url.replace(/[?#].*/, "")));
  const files = Object.keys(BUILD.files).filter((file) => all || had.has(keyOf(file)));
  const filled = filling.then(() => bring(files));
  filling = filled.catch(nothing);
  return filled.then((missing) => missing === 0 && (all ? "all" : "some"), nothing);
}

// Throws away builds that no page is of. A page holds a lock of its cache's name; while there are more pages than locks, nobody knows.
// (Whose a lock is cannot be asked: browsers give clients other names there.)
async function tidy() {
  if (self.registration.installing || self.registration.waiting) return;
  const open = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const { held } = await navigator.locks.query();
  const locks = held.filter(({ name }) => name.startsWith(PREFIX));
  if (open.filter(({ url }) => url.startsWith(SCOPE)).length > locks.length) return;
  const used = [cacheName(BUILD.version), ...locks.map(({ name }) => name)];
  for (const name of await names()) if (!used.includes(name)) await caches.delete(name);
}

// A page of a build that was kept here, and is no longer the one that is shown, hears that there is a newer one.
async function greeted(page, asks) {
  const newer = asks.build !== BUILD.version && Boolean(await listIn(cacheName(asks.build)));
  page.postMessage({ newer });
  const kept = await fill(asks);
  if (kept) page.postMessage({ kept });
  await tidy();
}

const isGreeting = ({ build, all, loaded }) => typeof build === "string" && typeof all === "boolean" && Array.isArray(loaded);

addEventListener("message", (event) => {
  if (BUILD && event.source && event.data && isGreeting(event.data)) event.waitUntil(greeted(event.source, event.data).catch(nothing));
});
