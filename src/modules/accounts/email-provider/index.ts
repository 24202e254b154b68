export { EmailProviderModule } from './email-provider.module.js';
