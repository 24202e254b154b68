export { PasswordSettingsService } from './password_pb.js';
