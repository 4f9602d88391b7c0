// A static file server of a few lines: what ./dev serve runs and what the browser tests load from.
//
// The rule that is easy to break: it serves one folder and nothing above it, on this machine only.
// It does what a plain static host does, no more (no rewriting, no isolation headers), so that a
// page that works here works there. `access-control-allow-origin: *` is what GitHub Pages sends; a
// sandboxed embed without an origin of its own needs it to load its module; `cors: false` leaves it out, as many hosts do. With `gzip` it packs what it
// sends, as most hosts do.

import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".md": "text/markdown; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
};

// The path of a request without its query, or "" where it makes no sense.
function pathOf(url) {
  try {
    return decodeURIComponent(url.split(/[?#]/, 1)[0]);
  } catch {
    return "";
  }
}

// The file that a request means, or null: outside the folder, outside the prefix, or not there.
async function find(root, prefix, path) {
  if (!path.startsWith(prefix) || path.includes("\0")) return null;
  const inside = normalize(path.slice(prefix.length)) || ".";
  const file = resolve(root, inside);
  if (file !== root && !file.startsWith(root + sep)) return null;
  const found = await stat(file).catch(() => null);
  if (found?.isFile()) return file;
  if (!found?.isDirectory() || !path.endsWith("/")) return null;
  const index = join(file, "index.html");
  return (await stat(index).catch(() => null))?.isFile() ? index : null;
}

// Serves `folder` under `prefix` ("/" or "/some/path/"); port 0 takes a free one. `extra` maps paths
// to HTML of a test's own, such as a page that embeds this one.
export async function serve(folder, { port = 0, prefix = "/", host = "127.0.0.1", extra = {}, gzip = false, cors = true } = {}) {
  const root = resolve(folder);
  const packed = new Map();
  const server = createServer(async (request, response) => {
    const path = pathOf(request.url);
    const own = Object.hasOwn(extra, path) ? extra[path] : undefined;
    if (own !== undefined) {
      response.writeHead(200, { "content-type": TYPES[".html"], "cache-control": "no-cache" });
      response.end(own);
      return;
    }
    const file = ["GET", "HEAD"].includes(request.method) ? await find(root, prefix, path) : null;
    if (!file) {
      response.writeHead(404, { "content-type": TYPES[".txt"] });
      response.end("not found\n");
      return;
    }
    const pack = gzip && /\bgzip\b/.test(request.headers["accept-encoding"] ?? "") && extname(file) !== ".png";
    if (pack && !packed.has(file)) packed.set(file, gzipSync(await readFile(file), { level: 9 }));
    response.writeHead(200, {
      ...(pack && { "content-encoding": "gzip", vary: "accept-encoding" }),
      "content-type": TYPES[extname(file)] ?? "application/octet-stream",
      "cache-control": "no-cache",
      ...(cors && { "access-control-allow-origin": "*" }),
      "x-content-type-options": "nosniff",
    });
    if (request.method === "HEAD") response.end();
    else if (pack) response.end(packed.get(file));
    else createReadStream(file).pipe(response);
  });
  await new Promise((done, failed) => {
    server.once("error", failed);
    server.listen(port, host, done);
  });
  const base = `http://${host}:${server.address().port}${prefix}`;
  const close = () =>
    new Promise((done) => {
      server.close(done);
      server.closeAllConnections();
    });
  return { base, close };
}

// `serve.mjs FOLDER PORT` serves; `serve.mjs --probe PORT` only asks whether the port is to be had.
async function main([folder = "dist", port = "8080"]) {
  const number = Number(port);
  if (!Number.isInteger(number) || number < 0 || number > 65535) {
    console.error(`dev: PORT is '${port}', which is no port.\n     Choose one: PORT=8081 ./dev serve`);
    process.exit(1);
  }
  try {
    const { base, close } = await serve(folder, { port: number });
    if (folder === "--probe") await close();
    else console.log(`\nFaultline is at ${base} (stop it with Ctrl-C)`);
  } catch (error) {
    const why = error.code === "EADDRINUSE" ? `port ${port} is taken` : error.message;
    console.error(`dev: the page cannot be served: ${why}.\n     Choose another port: PORT=8081 ./dev serve`);
    process.exit(1);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main(process.argv.slice(2));
