import { extname } from 'node:path';
import ts from 'typescript';
import type { Source } from './sources.js';

/** The comments and texts of a file; the whole file for formats without code. */
export function proseOf({ path, text }: Source): string {
  switch (extname(path)) {
    case '.ts':
    case '.js':
    case '.mjs':
    case '.cjs':
      return proseOfScript(path, text);
    case '.proto':
      return [...text.matchAll(/\/\/.*/g)].join('\n');
    default:
      return text;
  }
}

/** Comments are searched outside of literals, because a text such as `https://` looks like one. */
function proseOfScript(path: string, text: string): string {
  const literals: string[] = [];
  let rest = text;
  const visit = (node: ts.Node): void => {
    if (isText(node) || ts.isRegularExpressionLiteral(node)) {
      const [start, end] = [node.getStart(file), node.getEnd()];
      if (isText(node)) literals.push(node.text);
      rest = rest.slice(0, start) + ' '.repeat(end - start) + rest.slice(end);
    }
    ts.forEachChild(node, visit);
  };
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, false);
  visit(file);
  const comments = [...rest.matchAll(/\/\*[\s\S]*?\*\/|\/\/.*/g)].map(([comment]) => comment);
  // A sentence may continue in the next line of its comment.
  return [...comments, ...literals].join('\n').replaceAll(/\n\s*\*\s/g, ' ');
}

function isText(node: ts.Node): node is ts.LiteralLikeNode {
  return ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node);
}
