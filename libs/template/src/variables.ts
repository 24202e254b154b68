export interface TemplateVariable {
  name: string;
  source: 'PROFILE' | 'CUSTOM';
  required: boolean;
  defaultValue: string;
  pii: boolean;
}

export interface Profile {
  /** By field name: `first_name`, `department`, … */
  attributes: Readonly<Record<string, string>>;
  /** By key, reached as `custom:<key>`. */
  customAttributes: Readonly<Record<string, string>>;
}

/** Where one recipient's values come from. */
export interface ValueSources {
  profile?: Profile;
  /** The audience entry's variables. */
  audience?: Readonly<Record<string, string>>;
  /** The step's custom variables. */
  step?: Readonly<Record<string, string>>;
}

export interface Resolved {
  values: Map<string, string>;
  /** Required variables that have no value, whether or not the text uses them. */
  missing: string[];
}

const CUSTOM_PREFIX = 'custom:';

/**
 * PROFILE: the profile, then the default. CUSTOM: the audience entry, then the step, then the default. An empty
 * value counts as none (an empty cell in an imported list). Placeholders that no variable declares are optional
 * CUSTOM variables; what has no value is empty.
 */
export function resolveVariables(
  input: ValueSources & { variables: readonly TemplateVariable[]; placeholders: readonly string[] },
): Resolved {
  const values = new Map<string, string>();
  const missing: string[] = [];
  for (const variable of input.variables) {
    const value = declaredValue(variable, input) || variable.defaultValue;
    if (value === '' && variable.required) missing.push(variable.name);
    values.set(variable.name, value);
  }
  for (const name of input.placeholders) {
    if (!values.has(name)) values.set(name, customValue(name, input));
  }
  return { values, missing };
}

function declaredValue({ name, source }: TemplateVariable, sources: ValueSources): string {
  return source === 'PROFILE' ? profileValue(name, sources.profile) : customValue(name, sources);
}

function profileValue(name: string, profile: Profile | undefined): string {
  if (!name.startsWith(CUSTOM_PREFIX)) return ownEntry(profile?.attributes, name);
  return ownEntry(profile?.customAttributes, name.slice(CUSTOM_PREFIX.length));
}

function customValue(name: string, { audience, step }: ValueSources): string {
  return ownEntry(audience, name) || ownEntry(step, name);
}

/** Names come from clients: "constructor" must not find something on the prototype. */
function ownEntry(entries: Readonly<Record<string, string>> | undefined, key: string): string {
  return entries && Object.hasOwn(entries, key) ? (entries[key] ?? '') : '';
}
