import type { SyntaxNode } from '@lezer/common';
import { truncate } from './characters.js';
import { decodeEntity } from './entity.js';
import { markdownParser } from './markdown.js';
import { maskPii } from './pii.js';

/** Holds enough text for most messages; parsing costs more than everything else. */
const USUALLY_READ = 2_048;
/** Bounds the time that a hostile text takes: the parser reads some texts in quadratic time. */
const MOST_READ = 4_096;

const BLOCK = /^(?:Paragraph|Task|(?:ATX|Setext)Heading\d|Table(?:Header|Row))$/;
const HIDDEN = /^(?:(?:Header|Quote|List|Emphasis|Strikethrough|Code)Mark|TaskMarker)$/;

/**
 * What a reader sees of the beginning of a Markdown text: one line for each paragraph, heading, list item, table row and
 * line of code, without markup, personal values masked. `enough` is the length from which more text is of no use.
 */
export function plainText(markdown: string, enough = Infinity): string {
  const masked = maskPii(markdown);
  const text = read(truncate(masked, USUALLY_READ));
  const isAll = text.length >= enough || masked.length <= USUALLY_READ;
  return isAll ? text : read(truncate(masked, MOST_READ));
}

function read(source: string): string {
  const blocks: string[] = [];
  markdownParser.parse(source).iterate({
    enter({ name, from, to, node }) {
      if (name === 'CodeText') blocks.push(...source.slice(from, to).split(/\r\n?|\n/));
      const isBlock = BLOCK.test(name);
      if (isBlock) blocks.push(textOf(node, source));
      return !isBlock && name !== 'LinkReference';
    },
  });
  return blocks
    .map((block) => block.replace(/[ \t\r\n]{2,}|[\t\r\n]/g, ' ').trim())
    .filter((line) => line !== '')
    .join('\n');
}

/** The source of a node, each node within it replaced by what is shown of it. */
function textOf(node: SyntaxNode, source: string, from = node.from, to = node.to): string {
  let text = '';
  let at = from;
  for (let child = node.firstChild; child; child = child.nextSibling) {
    if (child.from < at) continue;
    if (child.to > to) break;
    text += source.slice(at, child.from) + shown(child, source);
    at = child.to;
  }
  return text + source.slice(at, to);
}

function shown(node: SyntaxNode, source: string): string {
  const { name, from, to } = node;
  if (HIDDEN.test(name)) return '';
  switch (name) {
    case 'Escape':
      return source.slice(from + 1, to);
    case 'Entity':
      return decodeEntity(source.slice(from, to));
    case 'HardBreak':
    case 'TableDelimiter':
      return ' ';
    case 'Autolink':
      return source.slice(from + 1, to - 1);
    case 'InlineCode':
      return textOf(node, source).replace(/^ (.*[^ ].*) $/s, '$1');
    case 'Link':
    case 'Image': {
      const [opening, closing, ...destination] = node.getChildren('LinkMark');
      // `[text]` alone is text here, because what it refers to may stand behind the part that is read.
      return opening && closing && destination.length > 0
        ? textOf(node, source, opening.to, closing.from)
        : textOf(node, source);
    }
    default:
      return textOf(node, source);
  }
}
