export { generateApiKey, readApiKey } from './api-key.js';
export type { ApiKey, ApiKeyPrefix, PresentedApiKey } from './api-key.js';
export { randomBase62 } from './base62.js';
export { createEnvelope, UnsealError } from './envelope.js';
export type { Envelope } from './envelope.js';
export { equalSecrets, fingerprintOf, hashSecret } from './hash.js';
export { generateOneTimeCode, hashOneTimeCode } from './one-time-code.js';
export {
  familyOfProjectKey,
  generateProjectKey,
  isProjectKey,
  prefixOfProjectKey,
  type ProjectKeyFamily,
} from './project-key.js';
export { hashPassword, verifyPassword } from './password.js';
export { openToken, sealToken } from './sealed-token.js';
export { generateToken, hashToken } from './token.js';
