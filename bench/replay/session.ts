import { gzipSync } from 'node:zlib';

/** A recorder sends what happened in so many seconds. */
export const CHUNK_SECONDS = 5;

/** Paragraphs of the page; with what surrounds them it is as large as a usual one: 300 KB. */
const PARAGRAPHS = 1_200;

export interface Bodies {
  /** The page as it is: the first chunk of a session. */
  readonly first: Uint8Array;
  /** Five seconds of moving, scrolling, clicking, and a page that changes: each of the other chunks. */
  readonly next: Uint8Array;
}

/** Chunks of a session that began then, compressed as a recorder sends them, and how large they are as JSON. */
export function bodiesAt(
  beganAt: number,
): Bodies & { readonly firstBytes: number; readonly nextBytes: number } {
  const first = JSON.stringify([
    {
      type: 4,
      data: { href: 'https://app.example.com/inbox', width: 1280, height: 720 },
      timestamp: beganAt,
    },
    { type: 2, data: { node: page(), initialOffset: { top: 0, left: 0 } }, timestamp: beganAt },
  ]);
  const next = JSON.stringify(events(beganAt + CHUNK_SECONDS * 1_000));
  return {
    first: gzipSync(first),
    next: gzipSync(next),
    firstBytes: Buffer.byteLength(first),
    nextBytes: Buffer.byteLength(next),
  };
}

function element(id: number, tagName: string, childNodes: unknown[], attributes: object = {}): object {
  return { type: 2, tagName, attributes, childNodes, id };
}

function page(): object {
  const paragraphs = Array.from({ length: PARAGRAPHS }, (_, n) =>
    element(
      100 + 2 * n,
      'p',
      [
        {
          type: 3,
          textContent: `Paragraph ${n}: what the shift plan of week ${n % 53} says to ${n}.`,
          id: 101 + 2 * n,
        },
      ],
      {
        class: `entry entry-${n % 7}`,
        style: 'margin: 4px 0px; color: rgb(34, 34, 34);',
        'data-row': String(n),
      },
    ),
  );
  const html = element(2, 'html', [element(3, 'head', []), element(4, 'body', paragraphs)]);
  return { type: 0, childNodes: [html], id: 1 };
}

function events(beganAt: number): object[] {
  const at = (second: number): number => beganAt + second * 1_000;
  return Array.from({ length: CHUNK_SECONDS }, (_, second) => [
    {
      type: 3,
      data: {
        source: 1,
        positions: Array.from({ length: 10 }, (_one, n) => ({
          x: 10 * n,
          y: 20 * second,
          id: 100 + n,
          timeOffset: -50 * n,
        })),
      },
      timestamp: at(second),
    },
    {
      type: 3,
      data: {
        source: 0,
        texts: Array.from({ length: 8 }, (_one, n) => ({
          id: 101 + 2 * (8 * second + n),
          value: `Changed ${second} ${n}.`,
        })),
        attributes: [{ id: 100 + 2 * second, attributes: { class: 'entry entry-new' } }],
        removes: [],
        adds: [],
      },
      timestamp: at(second),
    },
    { type: 3, data: { source: 3, id: 1, x: 0, y: 100 * second }, timestamp: at(second) },
    { type: 3, data: { source: 2, type: 2, id: 100, x: 10, y: 20 }, timestamp: at(second) },
  ]).flat();
}
