import ts from 'typescript';
import { sources } from '../tidy/sources.js';

/** Where the code refuses a call: the reason that clients branch on, and what people read. */
export interface Refusal {
  reason: string;
  kind: string;
  message: string;
}

/** Defines the functions below; what they are called with stands elsewhere. */
const makersFile = 'src/platform/errors/app-error.ts';

/**
 * Argument positions of kind, reason and message in the constructors of errors; a fixed kind is given as
 * text.
 */
const makers: Record<string, { kind: number | string; reason: number; message: number }> = {
  AppError: { kind: 0, reason: 1, message: 2 },
  alreadyExists: { kind: 'already_exists', reason: 0, message: 1 },
  permissionDenied: { kind: 'permission_denied', reason: 0, message: 1 },
  failedPrecondition: { kind: 'failed_precondition', reason: 0, message: 1 },
  unauthenticated: { kind: 'unauthenticated', reason: 0, message: 1 },
};

/** Constructors of errors with one reason each, and the argument position of the message. */
const makersOfOne = new Map([
  ['analyticsUnavailable', { kind: 'unavailable', reason: 'ANALYTICS_UNAVAILABLE', message: 0 }],
]);

/** The only reasons that are computed, by the text of the argument. */
const composed: Record<string, string[]> = {
  '`${word.toUpperCase()}_IS_DEFAULT`': ['GROUP_IS_DEFAULT', 'TEAM_IS_DEFAULT'],
  'code.toUpperCase()': ['INSUFFICIENT_USER_AUTHENTICATION'],
};
/** What was not found, likewise. */
const composedWords: Record<string, string[]> = { 'kind.word': ['group', 'team'] };

/** An error that is passed on, or made by one of the functions above. */
const passedOn = /^(?:\w+\.)?reason$/;

export function refusals(): Refusal[] {
  return sources()
    .filter(({ path }) => /^src\/.*(?<!\.spec)\.ts$/.test(path) && path !== makersFile)
    .flatMap(({ path, text }) => refusalsIn(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)));
}

function refusalsIn(file: ts.SourceFile): Refusal[] {
  const found: Refusal[] = [];
  const constants = constantsOf(file);
  visit(file);
  return found;

  function visit(node: ts.Node): void {
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) found.push(...refusalsAt(node));
    ts.forEachChild(node, visit);
  }

  function refusalsAt({ expression, arguments: given }: ts.CallExpression | ts.NewExpression): Refusal[] {
    const name = expression.getText(file);
    const [first] = given ?? [];
    if (name === 'notFound' && first) {
      const words = composedWords[first.getText(file)] ?? textsOf(first);
      if (words.length === 0)
        throw new Error(`${file.fileName}: notFound(${first.getText(file)}) names nothing.`);
      return words.map((word) => ({
        reason: `${word.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_')}_NOT_FOUND`,
        kind: 'not_found',
        message: `${word.charAt(0).toUpperCase()}${word.slice(1)} not found.`,
      }));
    }
    const one = makersOfOne.get(name);
    if (one) return [{ ...one, message: textsOf(given?.[one.message]).join(' / ') }];
    const maker = makers[name];
    const reason = maker && given?.[maker.reason];
    if (!maker || !reason || passedOn.test(reason.getText(file))) return [];
    const reasons = composed[reason.getText(file)] ?? textsOf(reason);
    if (reasons.length === 0)
      throw new Error(`${file.fileName}: the reason ${reason.getText(file)} is not known.`);
    const kind =
      typeof maker.kind === 'string' ? maker.kind : (textsOf(given[maker.kind])[0] ?? 'invalid_argument');
    const messages = textsOf(given[maker.message]);
    return reasons.map((one) => ({ reason: one, kind, message: messages.join(' / ') }));
  }

  /** What an expression says: both sides of a condition, constants of the file, and … for what is only known later. */
  function textsOf(expression: ts.Expression | undefined): string[] {
    if (!expression) return [];
    if (ts.isStringLiteralLike(expression)) return [expression.text];
    if (ts.isConditionalExpression(expression))
      return [...textsOf(expression.whenTrue), ...textsOf(expression.whenFalse)];
    if (ts.isIdentifier(expression)) {
      const value = constants.get(expression.text);
      return value ? textsOf(value) : [];
    }
    if (ts.isNumericLiteral(expression)) return [expression.text.replaceAll('_', '')];
    if (ts.isTemplateExpression(expression)) {
      const spans = expression.templateSpans.map(
        (span) => (textsOf(span.expression)[0] ?? '…') + span.literal.text,
      );
      return [expression.head.text + spans.join('')];
    }
    if (ts.isBinaryExpression(expression) && expression.operatorToken.kind === ts.SyntaxKind.PlusToken)
      return [`${textsOf(expression.left)[0] ?? '…'}${textsOf(expression.right)[0] ?? '…'}`];
    return [];
  }
}

/** By name: of a file, and of the functions in it. */
function constantsOf(file: ts.SourceFile): Map<string, ts.Expression> {
  const constants = new Map<string, ts.Expression>();
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer)
      constants.set(node.name.text, node.initializer);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return constants;
}
