import { expect, test } from '@jest/globals';
import { type Line, linesOf } from './lines.js';

const text = '\n\nann\n\n\n\nben\n \n\ncleo';

async function* inChunks(bytes: number): AsyncGenerator<Buffer> {
  for (let from = 0; from < text.length; from += bytes) yield Buffer.from(text.slice(from, from + bytes));
}

test('empty lines are left out and counted, wherever a chunk ends', async () => {
  for (let bytes = 1; bytes <= text.length; bytes += 1) {
    const found: Line[] = [];
    for await (const line of linesOf(inChunks(bytes))) found.push(line);
    expect([bytes, found]).toEqual([
      bytes,
      [
        { line: 3, text: 'ann' },
        { line: 7, text: 'ben' },
        { line: 10, text: 'cleo' },
      ],
    ]);
  }
});
