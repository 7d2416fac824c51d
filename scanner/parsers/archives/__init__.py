"""Archives and packed streams other than a layer's tar, read forward only."""
