import { compileBody } from './body.js';
import { truncate } from './characters.js';
import { normalizeValue } from './escape.js';
import { checkBody, checkRendered, LONGEST_TITLE } from './limits.js';
import type { Token } from './parse.js';
import { parse } from './parse.js';
import { assemble, type Part } from './part.js';
import { PII_MASK } from './pii.js';
import type { TemplateVariable, ValueSources } from './variables.js';
import { resolveVariables } from './variables.js';

export interface TemplateSource {
  title: string;
  body: string;
  variables: readonly TemplateVariable[];
}

export interface Rendered {
  /** Plain text of at most 200 characters; personal values are masked. */
  title: string;
  /** Markdown; personal values are between markers. */
  body: string;
  /** Required variables without a value: when there are any, the message must not be sent. */
  missing: string[];
}

export interface CompiledTemplate {
  /** Placeholders of title and body. */
  readonly placeholders: readonly string[];
  /** Throws RenderedTooLongError when this recipient's values are too long. */
  render(sources: ValueSources): Rendered;
}

/** Reads a template once, to render it for many. Values are put in, never read again as a template. */
export function compile(template: TemplateSource): CompiledTemplate {
  checkBody(template.body);
  const { variables } = template;
  const pii = new Set(variables.filter((variable) => variable.pii).map(({ name }) => name));
  const titleTokens = parse(template.title);
  const bodyTokens = parse(template.body);
  const titleParts = compileTitle(titleTokens, pii);
  const bodyParts = compileBody(bodyTokens, pii);
  const placeholders = namesIn([...titleTokens, ...bodyTokens]);

  return {
    placeholders,
    render(sources) {
      const { values, missing } = resolveVariables({ ...sources, variables, placeholders });
      const body = assemble(bodyParts, values);
      checkRendered(body);
      return { title: truncate(normalizeValue(assemble(titleParts, values)), LONGEST_TITLE), body, missing };
    },
  };
}

function namesIn(tokens: readonly Token[]): string[] {
  return [...new Set(tokens.flatMap((token) => (token.type === 'placeholder' ? token.name : [])))];
}

/** A title is plain text: nothing is escaped, and it goes to push providers, so no personal value does. */
function compileTitle(tokens: readonly Token[], pii: ReadonlySet<string>): Part[] {
  return tokens.map((token): Part => {
    if (token.type === 'text') return token.text;
    if (token.type !== 'placeholder') return '';
    const { name } = token;
    if (!pii.has(name)) return (values) => values.get(name) ?? '';
    return (values) => (values.get(name) ? PII_MASK : '');
  });
}
