import type { Environment, VariableName } from './variables.js';
import { documentationOf, variableNames } from './variables.js';

export interface VariableDescription {
  readonly name: VariableName;
  /** What is set now, secrets masked; absent when the default holds. */
  readonly value?: string;
  readonly default: string;
  readonly meaning: string;
}

/** Every variable with its default, meaning and current value. */
export function describeConfig(env: Environment = {}): VariableDescription[] {
  return variableNames.map((name) => {
    const { meaning, fallback, secret } = documentationOf(name);
    const value = env[name]?.trim();
    const shown = value === undefined || value === '' ? undefined : secret ? mask(value) : value;
    return { name, value: shown, default: fallback, meaning };
  });
}

/** Masks only the password of a URL. */
function mask(secret: string): string {
  if (!URL.canParse(secret)) return '********';
  const url = new URL(secret);
  if (url.password !== '') url.password = '********';
  url.search = '';
  return url.toString();
}
