// The large files of the page, which build.py packs with Zstandard: unpacked while they come in.

// The bytes of `file`, which lies on the server as `file`.zst. Each part that arrives is told to `arrived`, in bytes.
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
