import { type Cipheriv, createCipheriv, createHmac } from 'node:crypto';
import type { Exponent, NoisyTable, Slice } from './budget.rules.js';
import { type LaplaceTable, laplaceTable, sampleLaplace } from './laplace.rules.js';

/** A table of counts of one day, for which there is one noise and never another. */
export interface NoisedDay {
  readonly slice: Slice;
  readonly table: NoisyTable;
  readonly screen: string;
  /** Empty in the slice of the screen. */
  readonly campaignId: string;
  readonly day: string;
  /**
   * Says what the day holds. Should it ever hold something else, because rows came late or were lost, all of its noise is
   * another: with the same noise two answers would differ by exactly what came or went.
   */
  readonly fingerprint: string;
  readonly exponent: Exponent;
}

/** Words of 32 bits in a block of the cipher. */
const BLOCK_WORDS = 4;
const BLOCK_BYTES = 16;

const tables = new Map<string, LaplaceTable>();

/** As many tables as there are values of epsilon in use, times the shares. */
const MOST_TABLES = 64;

function tableOf(exponent: Exponent): LaplaceTable {
  const key = `${exponent.numerator}/${exponent.denominator}`;
  const known = tables.get(key);
  if (known) return known;
  if (tables.size >= MOST_TABLES) tables.clear();
  const made = laplaceTable(exponent);
  tables.set(key, made);
  return made;
}

/**
 * The noise of a day: for each place in a table a whole number, the same whenever it is asked for, and for someone without the
 * seed as good as drawn by chance.
 */
export class DayNoise {
  private readonly key: Buffer;
  private readonly cipher: Cipheriv;
  private readonly table: LaplaceTable;

  constructor(seed: Buffer, day: NoisedDay) {
    const { numerator, denominator } = day.exponent;
    // JSON keeps the parts apart, whatever is in them.
    const name = JSON.stringify([
      day.slice,
      day.table,
      day.screen,
      day.campaignId,
      day.day,
      day.fingerprint,
      numerator,
      denominator,
    ]);
    this.key = createHmac('sha256', seed).update(name).digest();
    // It encrypts counters: counter mode. A cipher for each place would cost more than its numbers.
    this.cipher = createCipheriv('aes-256-ecb', this.key, null).setAutoPadding(false);
    this.table = tableOf(day.exponent);
  }

  get variance(): number {
    return this.table.variance;
  }

  /** Hands out the noise of so many places in a row, the first of which is a multiple of four. */
  each(first: number, count: number, take: (noise: number, index: number) => void): void {
    const words = this.words(first, count);
    for (let index = 0; index < count; index += 1)
      take(
        sampleLaplace(this.table, words.readUInt32LE(index * 4), () => this.further(first + index)),
        index,
      );
  }

  private words(first: number, count: number): Buffer {
    const blocks = Math.ceil(count / BLOCK_WORDS);
    const counters = Buffer.alloc(blocks * BLOCK_BYTES);
    for (let block = 0; block < blocks; block += 1)
      counters.writeUIntBE(first / BLOCK_WORDS + block, (block + 1) * BLOCK_BYTES - 6, 6);
    return this.cipher.update(counters);
  }

  private further(place: number): bigint {
    const digest = createHmac('sha256', this.key).update(String(place)).digest('hex');
    return BigInt(`0x${digest.slice(0, 24)}`);
  }
}
