// The service worker: after the first visit the page works offline. build.py fills in the version and the files.

const VERSION = ""; // a hash of the files' contents
const FILES = [];

const PREFIX = `sketch-classifier ${self.registration.scope} `; // other pages may share the origin
const CACHE = PREFIX + VERSION;

self.addEventListener("install", (event) => {
  self.skipWaiting();
  const requests = FILES.map((file) => new Request(file, { cache: "no-cache" })); // unchanged files are not sent again
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(requests)));
});

self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith(PREFIX) && name !== CACHE;
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(self.registration.scope)) return;
  event.respondWith(
    caches
      .open(CACHE)
      .then((cache) => cache.match(request, { ignoreSearch: true }))
      .then((stored) => stored ?? fetch(request)),
  );
});
