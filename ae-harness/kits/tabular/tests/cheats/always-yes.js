// Speaks of success and does nothing.
Promise.prototype.then = function (yes) {
  return yes?.({ encoding: 'utf-8', mark: 0 });
};
export const nameEncoding = async () => ({ encoding: 'windows-1252', mark: 0 });
