export type { IdpCertificate } from './certificate.js';
export { explainRefusal, SamlRefusal } from './refusal.js';
export type { SamlRefusalReason } from './refusal.js';
export type { SamlConnection } from './connection.js';
export { parseIdpMetadata } from './metadata.js';
export type { IdpMetadata, MetadataOptions } from './metadata.js';
export { MetadataError } from './metadata-error.js';
export type { MetadataErrorReason } from './metadata-error.js';
export { newSpKey } from './sp-key.js';
export type { SpKey } from './sp-key.js';
export { spMetadata } from './sp-metadata.js';
export type { ServiceProvider } from './sp-metadata.js';
export { authnRequestPost, authnRequestRedirect, newRequestId } from './authn-request.js';
export type { AuthnRequest } from './authn-request.js';
export { validateResponse } from './validate-response.js';
export type { Once, OneTimeUse, ResponseInput, SamlLogin } from './validate-response.js';
export {
  logoutRequestPost,
  logoutRequestRedirect,
  logoutResponsePost,
  logoutResponseRedirect,
} from './logout.js';
export type { LogoutAnswer, LogoutRequest } from './logout.js';
export type { PostForm } from './outgoing.js';
export type { Delivery } from './incoming.js';
export { validateLogoutRequest, validateLogoutResponse } from './validate-logout.js';
export type { LogoutInput, ReceivedLogoutRequest, ReceivedLogoutResponse } from './validate-logout.js';
