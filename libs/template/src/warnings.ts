import { parse } from './parse.js';
import { isEscaped } from './pii.js';
import type { TemplateVariable } from './variables.js';

export interface Warning {
  /** `title`, `body` or `variables[0].name`. */
  field: string;
  /** For people; what stands in the text is quoted in part. */
  text: string;
}

interface Written {
  title: string;
  body: string;
  variables: readonly Pick<TemplateVariable, 'name' | 'source'>[];
}

const MOST = 20;
/** Braces that open and are no placeholder, and those that close what was opened by one. */
const BRACES = /\{\{[^{}\r\n]{0,40}\}{0,2}|(?<!\{)\{[^{}\r\n]{1,40}\}\}/g;

/** What is allowed and seldom meant. `profileFields` are what a PROFILE variable can name, `custom:…` apart. */
export function warningsOf({ title, body, variables }: Written, profileFields: readonly string[]): Warning[] {
  const known = new Set(variables.map(({ name }) => name));
  const used = new Set<string>();
  const warnings: Warning[] = [];
  for (const [field, text] of Object.entries({ title, body })) {
    for (const token of parse(text)) {
      if (token.type === 'placeholder') {
        if (!known.has(token.name) && !used.has(token.name)) {
          warnings.push({ field, text: undeclared(token.name, profileFields) });
        }
        used.add(token.name);
      } else if (token.type === 'text') {
        for (const { 0: braces, index } of token.text.matchAll(BRACES)) {
          if (isEscaped(token.text, index)) continue;
          warnings.push({ field, text: `${braces} is not a placeholder and is sent unchanged` });
        }
      }
      if (warnings.length >= MOST) return warnings.slice(0, MOST);
    }
  }
  variables.forEach(({ name, source }, index) => {
    const field = `variables[${index}].name`;
    if (!used.has(name))
      warnings.push({ field, text: `{{${name}}} is used neither in the title nor in the body` });
    if (source === 'PROFILE' && !name.startsWith('custom:') && !profileFields.includes(name))
      warnings.push({
        field,
        text: `a profile has no ${name}: it has ${profileFields.join(' ')} and custom:<key>`,
      });
  });
  return warnings.slice(0, MOST);
}

function undeclared(name: string, profileFields: readonly string[]): string {
  return profileFields.includes(name) || name.startsWith('custom:')
    ? `{{${name}}} is not declared: declare it with source PROFILE or it stays empty`
    : `{{${name}}} is not declared: it is empty unless the campaign gives it a value`;
}
