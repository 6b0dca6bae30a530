/** The wire format of arrays: zlib, byte planes, differences between frames, a linear scale. */

export interface ArraySpec {
  name: string;
  shape: number[];
  bytes: number;
  lo: number[];
  step: number[];
  delta: boolean;
}

export type Payload = string | ArrayBuffer | ArrayBufferView;

/** Something that came over the wire does not fit; the message is meant for the reader. */
export class TraceError extends Error {
  override name = "TraceError";
}

export function payloadBytes(payload: unknown): Uint8Array<ArrayBuffer> {
  if (typeof payload === "string") return fromBase64(payload);
  if (payload instanceof ArrayBuffer) return new Uint8Array(payload);
  if (ArrayBuffer.isView(payload)) {
    const { buffer, byteOffset, byteLength } = payload;
    return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
  }
  throw new TraceError(`expected the payload as bytes or base64 text, got ${typeName(payload)}`);
}

function typeName(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "a list" : typeof value;
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  try {
    return decodeBase64(text);
  } catch {
    throw new TraceError("expected the payload as base64 text, got text that is not base64");
  }
}

/** The browser's own decoder where it is there: it is several times faster. */
function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const native = (Uint8Array as { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> }).fromBase64;
  if (native) return native.call(Uint8Array, text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

export async function inflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  if (bytes.length === 0) throw new TraceError("expected a payload, got 0 bytes");
  if (typeof DecompressionStream === "undefined") {
    throw new TraceError("this browser has no DecompressionStream: a browser of 2023 or later is needed");
  }
  try {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch {
    throw new TraceError(`expected a zlib payload, got ${bytes.length} bytes that do not inflate`);
  }
}

export function elements(spec: ArraySpec): number {
  return spec.shape.reduce((n, k) => n * k, 1);
}

/** All arrays of `specs`, in order, out of the inflated bytes. */
export function decodeArrays(specs: ArraySpec[], bytes: Uint8Array): Map<string, Float32Array> {
  const expected = specs.reduce((n, spec) => n + elements(spec) * spec.bytes, 0);
  if (expected !== bytes.length) {
    throw new TraceError(`the arrays of meta take ${expected} bytes, the payload holds ${bytes.length}`);
  }
  const arrays = new Map<string, Float32Array>();
  let offset = 0;
  for (const spec of specs) {
    arrays.set(spec.name, decodeArray(spec, bytes, offset));
    offset += elements(spec) * spec.bytes;
  }
  return arrays;
}

/** One array: planes of bytes (lowest first) -> integers -> lo + step * q. */
export function decodeArray(spec: ArraySpec, bytes: Uint8Array, offset = 0): Float32Array<ArrayBuffer> {
  checkSpec(spec);
  const n = elements(spec);
  const q = joinPlanes(bytes, offset, n, spec.bytes);
  if (spec.delta && n > 0) undoDelta(q, n / spec.shape[0]!, spec.bytes);
  return rescale(q, spec.lo, spec.step);
}

function checkSpec({ name, shape, bytes, lo, step }: ArraySpec): void {
  const channels = shape[shape.length - 1] ?? 1;
  if (![1, 2, 3, 4].includes(bytes)) {
    throw new TraceError(`array ${name}: expected 1 to 4 bytes an element, got ${bytes}`);
  }
  if (lo.length !== step.length || (lo.length !== 1 && lo.length !== channels)) {
    throw new TraceError(
      `array ${name}: expected 1 or ${channels} values of lo and step, got ${lo.length} and ${step.length}`,
    );
  }
}

function joinPlanes(bytes: Uint8Array, offset: number, n: number, planes: number): Uint32Array {
  const q = new Uint32Array(n);
  for (let plane = 0; plane < planes; plane++) {
    const at = offset + plane * n;
    const shift = 8 * plane;
    for (let i = 0; i < n; i++) q[i]! |= bytes[at + i]! << shift;
  }
  return q;
}

function undoDelta(q: Uint32Array, row: number, bytes: number): void {
  const mask = bytes === 4 ? 0xffffffff : 2 ** (8 * bytes) - 1;
  for (let i = row; i < q.length; i++) q[i] = (q[i]! + q[i - row]!) & mask;
}

function rescale(q: Uint32Array, lo: number[], step: number[]): Float32Array<ArrayBuffer> {
  const values = new Float32Array(q.length);
  const channels = lo.length;
  for (let c = 0; c < channels; c++) {
    for (let i = c; i < q.length; i += channels) values[i] = lo[c]! + step[c]! * q[i]!;
  }
  return values;
}
