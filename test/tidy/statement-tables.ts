export type Use = 'reads' | 'locks' | 'writes' | 'calls';

/** What a statement does to a table, or that it calls a function. */
export interface TableUse {
  readonly name: string;
  readonly use: Use;
}

/** One pair of parentheses, or the whole text. */
interface Level {
  /** Says that a `from` in it begins a list of tables; without, it belongs to `extract(epoch from x)` or the like. */
  hasVerb: boolean;
  /** `delete from x using y`: elsewhere `using` names no table. */
  deletes: boolean;
  inTables: boolean;
  expectsTable: boolean;
  /** Alias, or name, to table: what `for update of m` locks. */
  readonly read: Map<string, string>;
}

const word = /^[a-z_][a-z0-9_]*$/;
const endOfTables = new Set(
  'where group order limit offset set returning union intersect except having window values select'.split(
    ' ',
  ),
);
const verbs = new Set(['select', 'delete', 'update', 'insert', 'merge']);
const beforeTable = new Set(['only', 'lateral', 'table', 'if', 'exists', 'recursive']);
const noAlias = new Set([...endOfTables, 'on', 'join', 'left', 'right', 'full', 'inner', 'cross', 'natural']);
for (const more of ['for', 'using', 'as', 'tablesample', 'default']) noAlias.add(more);

/** Words and punctuation; comments and what stands in quotes are left out. `$1` and `${…}` are words of no table. */
function tokensOf(text: string): string[] {
  const bare = text
    .replace(/--.*$/gm, ' ')
    .replace(/\/\*[\s\S]*?\*\//g, ' ')
    .replace(/'(?:[^']|'')*'/g, ' ? ')
    .replace(/"([^"]*)"/g, ' quoted ');
  return bare.match(/\$\{\}|\$\d+|[A-Za-z_][A-Za-z0-9_]*|[(),.;]|[^\s]/g) ?? [];
}

/** Names that `with` introduces: they hide a table of the same name. */
function namesOfSubqueries(tokens: readonly string[]): Set<string> {
  const names = new Set<string>();
  tokens.forEach((token, at) => {
    if (!word.test(token) || !['with', 'recursive', ',', '${}', undefined].includes(tokens[at - 1])) return;
    let next = at + 1;
    if (tokens[next] === '(') next = tokens.indexOf(')', next) + 1;
    if (tokens[next++] !== 'as') return;
    if (tokens[next] === 'not') next++;
    if (tokens[next] === 'materialized') next++;
    if (tokens[next] === '(') names.add(token);
  });
  return names;
}

/**
 * The tables and functions that a statement, or a part of one, names. It knows where a table can stand in our
 * statements, which are written in lower case; it is no parser of SQL.
 */
export function usesOf(text: string): TableUse[] {
  const tokens = tokensOf(text);
  const hidden = namesOfSubqueries(tokens);
  const uses = new Map<string, TableUse>();
  const note = (name: string | undefined, use: Use): void => {
    if (name && !hidden.has(name)) uses.set(`${use} ${name}`, { name, use });
  };
  const level = (): Level => ({
    hasVerb: false,
    deletes: false,
    inTables: false,
    expectsTable: false,
    read: new Map(),
  });
  const levels: Level[] = [{ ...level(), hasVerb: true }];
  const written = (from: number): string | undefined => {
    let at = from;
    while (beforeTable.has(tokens[at] ?? '')) at++;
    return tokens[at];
  };

  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at] ?? '';
    const before = tokens[at - 1];
    const here = levels.at(-1) ?? level();
    if (token === '(') {
      // A list of tables goes on in parentheses: `from (member m join role r …)`.
      levels.push({ ...level(), expectsTable: here.expectsTable, inTables: here.expectsTable });
      here.expectsTable = false;
      if (before && word.test(before)) note(before, 'calls');
    } else if (token === ')') {
      if (levels.length > 1) levels.pop();
    } else if (token === ';') {
      levels.splice(0, levels.length, { ...level(), hasVerb: true });
    } else if (token === ',' && here.inTables) {
      here.expectsTable = true;
    } else if (token === 'for' && /^(update|share|no|key)$/.test(tokens[at + 1] ?? '')) {
      here.inTables = false;
      while (/^(update|share|no|key)$/.test(tokens[at + 1] ?? '')) at++;
      const aliases: string[] = [];
      if (tokens[at + 1] === 'of') {
        for (at += 2; word.test(tokens[at] ?? ''); at += 2) {
          aliases.push(tokens[at] ?? '');
          if (tokens[at + 1] !== ',') break;
        }
      }
      for (const [alias, name] of here.read) {
        if (aliases.length === 0 || aliases.includes(alias)) note(name, 'locks');
      }
    } else if (token === 'update' && before !== 'do') {
      here.hasVerb = true;
      note(written(at + 1), 'writes');
    } else if (token === 'into' && (before === 'insert' || before === 'merge')) {
      if (before === 'merge') here.deletes = true;
      note(tokens[++at], 'writes');
    } else if (token === 'truncate') {
      note(written(at + 1), 'writes');
    } else if (token === 'lock') {
      note(written(at + 1), 'locks');
    } else if (token === 'from' && before === 'delete') {
      here.hasVerb = here.deletes = true;
      note(written(at + 1), 'writes');
    } else if (token === 'from' && before !== 'distinct' && here.hasVerb) {
      here.inTables = here.expectsTable = true;
    } else if (token === 'join' || (token === 'using' && here.deletes && tokens[at + 1] !== '(')) {
      here.inTables = here.expectsTable = true;
    } else if (here.expectsTable && !beforeTable.has(token) && token !== 'select') {
      here.expectsTable = false;
      if (tokens[at + 1] === '(') continue;
      if (tokens[at + 1] === '.') {
        at += 2;
        continue;
      }
      note(token, 'reads');
      const next = tokens[at + 1] === 'as' ? tokens[at + 2] : tokens[at + 1];
      here.read.set(next && word.test(next) && !noAlias.has(next) ? next : token, token);
    } else if (endOfTables.has(token) || verbs.has(token)) {
      here.inTables = here.expectsTable = false;
      if (verbs.has(token)) here.hasVerb = true;
    }
  }
  return [...uses.values()];
}
