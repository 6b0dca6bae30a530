/** Bytes as base64 text, and back. */

export function toText(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** Exactly `length` bytes; zeros for a text that holds another number of them. */
export function toBytes(text: string, length: number): Uint8Array<ArrayBuffer> {
  try {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    return bytes.length === length ? bytes : new Uint8Array(length);
  } catch {
    return new Uint8Array(length);
  }
}
