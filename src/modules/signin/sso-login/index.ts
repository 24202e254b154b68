export { LoginRefusal } from './login-refusal.js';
export { claimsFor } from './oidc-claims.js';
export { SsoLoginModule } from './sso-login.module.js';
