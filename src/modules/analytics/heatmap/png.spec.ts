import { crc32, deflateSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { plainPng } from './png.js';

const signature = Buffer.from('89504e470d0a1a0a', 'hex');

function chunk(type: string, data: Buffer | string = ''): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), Buffer.from(data)]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(named.length - 4);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}

interface Header {
  width?: number;
  height?: number;
  rest?: number[];
}

function header({ width = 1, height = 1, rest = [8, 2, 0, 0, 0] }: Header = {}): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width);
  data.writeUInt32BE(height, 4);
  Buffer.from(rest).copy(data, 8);
  return chunk('IHDR', data);
}

const pixels = chunk('IDAT', deflateSync(Buffer.from([0, 255, 0, 0])));
const end = chunk('IEND');
const png = (...chunks: Buffer[]): Buffer => Buffer.concat([signature, ...chunks]);
const good = png(header(), pixels, end);

describe('a PNG file', () => {
  test('is taken as it is', () => {
    expect(plainPng(good)).toEqual(good);
    const large = png(header({ width: 8_192, height: 4_096, rest: [16, 6, 0, 0, 1] }), pixels, pixels, end);
    expect(plainPng(large)).toEqual(large);
    const palette = png(
      header({ rest: [8, 3, 0, 0, 0] }),
      chunk('PLTE', '\0\0\0'),
      chunk('tRNS', '\0'),
      pixels,
      end,
    );
    expect(plainPng(palette)).toEqual(palette);
  });

  test('loses what a picture does not need', () => {
    const talkative = png(
      header(),
      chunk('tEXt', 'Author\0Erin'),
      chunk('eXIf', 'place'),
      chunk('tIME', 'when'),
      pixels,
      chunk('zTXt', '<script>'),
      end,
    );
    expect(plainPng(talkative)).toEqual(good);
  });
});

describe('is no PNG file', () => {
  const animated = png(header(), chunk('acTL', Buffer.alloc(8)), pixels, end);

  test('unless it is whole, down to each byte', () => {
    for (let length = 0; length < good.length; length += 1)
      expect(plainPng(good.subarray(0, length))).toBeUndefined();
    for (let at = 0; at < good.length; at += 1) {
      const damaged = Buffer.from(good);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      expect(plainPng(damaged)).toBeUndefined();
    }
    // The animation is left out, the first picture stays.
    expect(plainPng(animated)).toEqual(good);
  });

  test.each<[what: string, file: Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['a JPEG file', Buffer.from('ffd8ffe000104a46494600', 'hex')],
    ['a page', Buffer.from('<html><script>alert(1)</script></html>')],
    ['a picture with something behind it', Buffer.concat([good, Buffer.from('PK')])],
    ['two pictures', Buffer.concat([good, good])],
    ['a picture without pixels', png(header(), end)],
    ['a picture with empty pixels', png(header(), chunk('IDAT'), end)],
    ['a picture without an end', png(header(), pixels)],
    ['a picture with a long end', png(header(), pixels, chunk('IEND', 'x'))],
    ['a picture with two headers', png(header(), header(), pixels, end)],
    ['a picture whose header comes late', png(pixels, header(), end)],
    ['a picture whose pixels are interrupted', png(header(), pixels, chunk('gAMA', 'abcd'), pixels, end)],
    ['a picture of nothing', png(header({ width: 0 }), pixels, end)],
    ['a picture that is too wide', png(header({ width: 8_193 }), pixels, end)],
    ['a picture that is too large', png(header({ width: 8_192, height: 4_097 }), pixels, end)],
    ['a picture of an unknown kind', png(header({ rest: [8, 5, 0, 0, 0] }), pixels, end)],
    ['a picture of an unknown depth', png(header({ rest: [4, 2, 0, 0, 0] }), pixels, end)],
    ['a picture of an unknown compression', png(header({ rest: [8, 2, 1, 0, 0] }), pixels, end)],
    ['a picture of an unknown filter', png(header({ rest: [8, 2, 0, 1, 0] }), pixels, end)],
    ['a picture of an unknown order', png(header({ rest: [8, 2, 0, 0, 2] }), pixels, end)],
    ['a picture without its palette', png(header({ rest: [8, 3, 0, 0, 0] }), pixels, end)],
    [
      'a picture whose palette comes late',
      png(header({ rest: [8, 3, 0, 0, 0] }), pixels, chunk('PLTE', 'abc'), end),
    ],
    ['a picture with something that must be understood', png(header(), chunk('ABCD'), pixels, end)],
    ['a picture with a chunk without a name', png(header(), chunk('\0\0\0\0'), pixels, end)],
    [
      'a picture of very many chunks',
      png(header(), pixels, ...Array.from({ length: 10_000 }, () => chunk('tIME')), end),
    ],
  ])('%s', (_what, file) => {
    expect(plainPng(file)).toBeUndefined();
  });
});
