export { IdentityModule } from './sso-login.module.js';
