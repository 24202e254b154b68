import ts from 'typescript';
import { type Source } from './sources.js';
import { type TableUse, usesOf } from './statement-tables.js';

const reading = /^(find|count|exist)/;

/** What the entity classes are called, and their tables. */
export function entityTables(sources: readonly Source[]): Map<string, string> {
  const pattern = /@Entity\('(\w+)'\)\s+export class (\w+)/g;
  return new Map(
    sources.flatMap(({ text }) =>
      [...text.matchAll(pattern)].map(([, table = '', name = '']): [string, string] => [name, table]),
    ),
  );
}

/** What a source file does to tables, in statements and through entities. */
export function sourceUses({ path, text }: Source, entities: ReadonlyMap<string, string>): TableUse[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const constants = constantsOf(file);
  const uses: TableUse[] = [];
  const visit = (node: ts.Node): void => {
    const literal = literalText(node, constants);
    if (literal?.includes(' ')) uses.push(...usesOf(literal));
    if (ts.isCallExpression(node)) uses.push(...entityUses(node, entities));
    ts.forEachChild(node, visit);
  };
  visit(file);
  return uses;
}

/** Texts and statements of a file, by the name of their constant: what others are put together from. */
function constantsOf(file: ts.SourceFile): ReadonlyMap<string, ts.Node> {
  const constants = new Map<string, ts.Node>();
  for (const statement of file.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const { name, initializer } of statement.declarationList.declarations) {
      if (!initializer || !ts.isIdentifier(name)) continue;
      // `statement('name', 'text')`
      const text = ts.isCallExpression(initializer) ? initializer.arguments[1] : initializer;
      if (text) constants.set(name.text, text);
    }
  }
  return constants;
}

function literalText(node: ts.Node, constants: ReadonlyMap<string, ts.Node>): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  const inserted = ({ expression }: ts.TemplateSpan): string => {
    const [, name = ''] = /^(\w+)(?:\.text)?$/.exec(expression.getText()) ?? [];
    const constant = constants.get(name);
    return (constant && literalText(constant, constants)) ?? '${}';
  };
  return node.head.text + node.templateSpans.map((span) => inserted(span) + span.literal.text).join('');
}

/** `entities.find(MemberEntity, { relations: { role: true } })`. */
function entityUses(call: ts.CallExpression, entities: ReadonlyMap<string, string>): TableUse[] {
  const [entity, options] = call.arguments;
  if (!entity || !ts.isPropertyAccessExpression(call.expression)) return [];
  const name = entities.get(entity.getText());
  if (name === undefined) return [];
  const related = /relations: \{([^}]*)\}/.exec(options?.getText() ?? '')?.[1] ?? '';
  return [
    { name, use: reading.test(call.expression.name.text) ? 'reads' : 'writes' },
    ...[...related.matchAll(/(\w+): true/g)].map(([, relation = '']): TableUse => ({
      name: relation,
      use: 'reads',
    })),
  ];
}
