export { PasswordModule } from './password.module.js';
export { Passwords } from './passwords.service.js';
