export { truncate } from './characters.js';
export { contentId } from './content-id.js';
export type { Content, ContentAction } from './content-id.js';
export { compile } from './compile.js';
export type { CompiledTemplate, Rendered, TemplateSource } from './compile.js';
export { escapeMarkdown, normalizeValue } from './escape.js';
export {
  BodyTooLongError,
  LONGEST_BODY,
  LONGEST_RENDERED,
  LONGEST_TITLE,
  RenderedTooLongError,
} from './limits.js';
export { placeholders } from './parse.js';
export { placeholderDifference } from './placeholder-difference.js';
export type { PlaceholderDifference } from './placeholder-difference.js';
export { excerptsOf } from './preview.js';
export { resolveVariables } from './variables.js';
export { warningsOf } from './warnings.js';
export type { Warning } from './warnings.js';
export type { Profile, Resolved, TemplateVariable, ValueSources } from './variables.js';
