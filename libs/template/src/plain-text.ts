import { readBlocks } from './blocks.js';
import { inlineText } from './inline.js';
import { maskPii } from './pii.js';

/**
 * What a reader sees of a Markdown text, one line a block, personal values masked. An approximation of
 * CommonMark for previews, not for display. Stops reading once it has `enough` of it.
 */
export function plainText(markdown: string, enough = Infinity): string {
  const lines: string[] = [];
  let length = 0;
  for (const block of readBlocks(maskPii(markdown))) {
    const text =
      block.kind === 'code' ? block.text : inlineText(block.text, block.kind === 'cells', enough - length);
    const line = text.replace(/[ \t\n]{2,}|[\t\n]/g, ' ').trim();
    if (line !== '') lines.push(line);
    length += line.length;
    if (length >= enough) break;
  }
  return lines.join('\n');
}
