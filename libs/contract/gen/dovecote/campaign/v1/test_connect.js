export { TestMessageService } from './test_pb.js';
