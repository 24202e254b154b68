import { ConfigError, describeConfig, loadConfig } from '../platform/config/index.js';
import type { VariableDescription } from '../platform/config/index.js';

/** `dovecote config`: every variable with its value now, its default and its meaning. */
export function configCommand(env: NodeJS.ProcessEnv, options: { markdown?: boolean }): string {
  const variables = describeConfig(options.markdown ? {} : env);
  return options.markdown
    ? markdownTable(variables)
    : terminalTable(variables, process.stdout.columns ?? 100);
}

/** What doctor and serve would refuse: every variable is judged in one place. */
export function configProblems(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

function markdownTable(variables: readonly VariableDescription[]): string {
  const rows = variables.map(
    ({ name, default: fallback, meaning }) => `| \`${name}\` | ${fallback} | ${meaning} |`,
  );
  return ['| Variable | Default | Meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

function terminalTable(variables: readonly VariableDescription[], width: number): string {
  const nameWidth = Math.max(...variables.map(({ name }) => name.length)) + 2;
  const rows = variables.map(({ name, value, default: fallback, meaning }) => {
    const setting = value === undefined ? `${fallback} (default)` : `${value} (set; default ${fallback})`;
    const lines = [setting, ...wrap(meaning, Math.max(width - nameWidth, 30))];
    return lines.map((line, index) => (index === 0 ? name : '').padEnd(nameWidth) + line).join('\n');
  });
  return rows.join('\n\n');
}

function wrap(text: string, width: number): string[] {
  return text.split(' ').reduce<string[]>((lines, word) => {
    const last = lines.at(-1);
    return last !== undefined && last.length + word.length < width
      ? [...lines.slice(0, -1), `${last} ${word}`]
      : [...lines, word];
  }, []);
}
