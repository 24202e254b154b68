export { Rpc } from './rpc.decorator.js';
