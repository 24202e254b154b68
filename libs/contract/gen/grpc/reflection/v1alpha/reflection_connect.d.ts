export { ServerReflection } from './reflection_pb.js';
