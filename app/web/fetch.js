// Fetches the page's large files, which build.py compresses with Zstandard, and decompresses them as they arrive.

// The contents of `file`, stored on the server as `file`.zst. `arrived` is called with the number of compressed bytes of
// each part received.
export async function fetchPacked(file, arrived = () => {}) {
  const [{ Decompress }, response] = await Promise.all([import("./fzstd.mjs"), fetch(`./${file}.zst`)]);
  if (!response.ok) throw new Error(`${file}: HTTP status ${response.status}`);
  const parts = [];
  const unpacking = new Decompress((part) => parts.push(part));
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    unpacking.push(value ?? new Uint8Array(), done);
    if (done) return new Blob(parts).arrayBuffer();
    arrived(value.length);
  }
}
