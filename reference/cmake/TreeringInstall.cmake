# find_package(treering) for programs that embed the library.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS treering EXPORT treering-targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library)
install(DIRECTORY include/treering DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT library)
install(EXPORT treering-targets NAMESPACE treering:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/treering
  COMPONENT library)
configure_package_config_file(cmake/treering-config.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/treering-config.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/treering)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/treering-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/treering-config.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/treering-config-version.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/treering COMPONENT library)
