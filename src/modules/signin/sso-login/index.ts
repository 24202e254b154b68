export { SsoLoginModule } from './sso-login.module.js';
