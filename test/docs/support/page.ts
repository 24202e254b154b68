import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

/** Something that a page shows to be typed or built on: a fenced block, or a command within the text. */
export interface Snippet {
  readonly line: number;
  /** The language of the fence; `command` for a command in the text. */
  readonly language: string;
  readonly code: string;
}

/** Blocks in these languages show what something looks like. Everything else is run. */
const shown = new Set(['text']);
/** How a command begins that stands in the text, after the variables that it may set. */
const command = /^(?:[A-Z_]+=\S+ )*(?:npx|npm|node|curl|call|docker|openssl|buf|go|git) /;

/**
 * A page of the documentation, and which of its snippets have been run. Every snippet is taken once, to be
 * run, or left with a reason; `untaken` holds the rest.
 */
export class Page {
  readonly #untaken: Set<Snippet>;

  readonly path: string;
  readonly snippets: readonly Snippet[];

  private constructor(path: string, snippets: readonly Snippet[]) {
    this.path = path;
    this.snippets = snippets;
    this.#untaken = new Set(snippets);
  }

  static open(path: string): Page {
    return new Page(path, snippetsOf(readFileSync(join(root, path), 'utf8')));
  }

  /** Takes the code of the one snippet with these words, to run it. */
  take(words: string, language?: string): string {
    const found = this.snippets.filter(
      (snippet) => snippet.code.includes(words) && (language ?? snippet.language) === snippet.language,
    );
    const snippet = found.find((one) => this.#untaken.has(one)) ?? found[0];
    if (!snippet) throw new Error(`${this.path} shows nothing with "${words}".`);
    // What is shown twice is run once.
    for (const same of this.snippets)
      if (same.code.trim() === snippet.code.trim()) this.#untaken.delete(same);
    return snippet.code;
  }

  /** Leaves out a snippet that cannot be run here; the reason explains it to readers of the spec. */
  leave(words: string, reason: string, language?: string): void {
    if (!/^[A-Z].*\.$/.test(reason)) throw new Error('The reason must be a sentence.');
    const [named] = /test\/[\w./-]+\.ts/.exec(reason) ?? [];
    if (named && !existsSync(join(root, named))) throw new Error(`${named} is not there.`);
    this.take(words, language);
  }

  /** `docs/operations.md:12: npx dovecote migrate` for each snippet that was neither run nor left. */
  get untaken(): string[] {
    return [...this.#untaken].map(({ line, code }) => `${this.path}:${line}: ${code.trim().split('\n')[0]}`);
  }
}

function snippetsOf(text: string): Snippet[] {
  const fences = [...text.matchAll(/^( *)```(\w*)[^\n]*\n([\s\S]*?)^\1```$/gm)].map((match) => {
    const [, indent = '', language = '', code = ''] = match;
    return {
      line: lineOf(text, match.index),
      language,
      code: code.replaceAll(RegExp(`^${indent}`, 'gm'), ''),
    };
  });
  // Blanked out rather than cut, so that lines keep their numbers.
  const prose = text.replaceAll(/^( *)```[\s\S]*?^\1```$/gm, (fence) => fence.replaceAll(/[^\n]/g, ' '));
  const commands = [...prose.matchAll(/`([^`]+)`/g)].flatMap((match) => {
    const code = (match[1] ?? '').replaceAll(/\s*\n\s*/g, ' ');
    return command.test(code) ? [{ line: lineOf(text, match.index), language: 'command', code }] : [];
  });
  return [...fences.filter(({ language }) => !shown.has(language)), ...commands];
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
