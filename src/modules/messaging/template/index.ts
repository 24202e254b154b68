export { TemplateEntity, TemplateVersionEntity } from './template.entity.js';
export { TemplateModule } from './template.module.js';
export { profileFields } from './template.rules.js';
export { Templates } from './template.service.js';
export { Translations } from './translation.service.js';
export { type TranslatedText, translationStatus } from './translation.js';
export type { TemplateVersion } from './template-version.js';
