export { TestMessageModule } from './test-message.module.js';
