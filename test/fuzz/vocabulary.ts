import fc from 'fast-check';
import type { Random } from './random.js';

/** Texts that programs trip over. Lone surrogates are JSON's own: binary messages cannot hold them. */
const traps = [
  '\0',
  'a\0b',
  ' ',
  '\u200b',
  '\ufeff',
  '\u202edlrow',
  '😀'.repeat(40),
  'e\u0301'.repeat(50),
  'İ',
  'ẞß',
  '\r\nSet-Cookie: a=b',
  "'; drop table member; --",
  '%s%n%x',
  '{{name}}{{{name}}}{{#each}}',
  '{{ custom:__proto__ }}',
  '__proto__',
  'constructor',
  '../../../etc/passwd',
  '<script>alert(1)</script>',
  '[a](javascript:alert(1))',
  '\\u0000',
  '-1',
  '1e308',
  'NaN',
  '00000000-0000-0000-0000-000000000000',
  'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
  '%',
  '_',
  '\\',
  '*'.repeat(5_000),
  '999999999999999h',
  '-1s',
  'en_US',
  'x-klingon-'.repeat(9),
  'a@b',
  'ü@exämple.example',
  'http://127.0.0.1:1/',
  'javascript:alert(1)',
] as const;

const integers = [0, 1, -1, 2, 99, 101, 255, 256, 32_767, 32_768, 2_147_483_647, -2_147_483_648] as const;
const longs = [0n, 1n, -1n, 2n ** 31n, 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n)] as const;
const floats = [0, -0, 1, -1, 0.1, 1e-45, 3.4e38, Infinity, -Infinity, NaN] as const;
/** Seconds: about now, the ends of what a Timestamp may hold, and past them. */
const seconds = [
  0n,
  1_795_000_000n,
  1_900_000_000n,
  -62_135_596_800n,
  253_402_300_799n,
  2n ** 63n - 1n,
] as const;

/** Values for the leaves of messages. */
export class Vocabulary {
  private readonly words: string[];

  constructor(seed: number) {
    const text = fc.oneof(
      fc.lorem(),
      fc.emailAddress(),
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'binary' }),
    );
    this.words = fc.sample(text, { seed, numRuns: 300 });
  }

  text(random: Random): string {
    return random.chance(0.4) ? random.pick(traps) : random.pick(this.words);
  }

  /** A text that offends nobody. */
  plain(random: Random, min: number, max: number): string {
    const length = Math.min(max, min + random.int(0, 20));
    return random
      .pick(['abc', 'Ünï', 'Straße ', 'x-y_z '])
      .repeat(Math.ceil(length / 3))
      .slice(0, length)
      .trim()
      .padEnd(min, 'z');
  }

  integer(random: Random): number {
    return random.pick(integers);
  }

  long(random: Random): bigint {
    return random.pick(longs);
  }

  float(random: Random): number {
    return random.pick(floats);
  }

  seconds(random: Random): bigint {
    return random.pick(seconds);
  }
}
