"""Writing maps, images, volumes and treated frames. Nothing is overwritten unless asked."""
