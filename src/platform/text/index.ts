export { csvRecord } from './csv-record.js';
export { asciiDomain } from './domain-name.js';
export { emailAddress, readEmailAddress, requireEmailAddress } from './email-address.js';
export { cleanName, nameKey, readName } from './name.js';
export type { Reading } from './reading.js';
export { RequestText } from './request-text.js';
export { requestTexts } from './request-fields.js';
export { resolvedZone } from './time-zone.js';
